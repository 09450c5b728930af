/**
 * The page's picture of the tenant: fetched whole, then kept live by the event stream. Every change makes a new
 * picture, so views may compare by identity.
 */
import { useEffect, useState } from "/vendor/preact.js";

const RETRY_MS = 2000;
/** Enough to look back on; the page is not an archive. */
const TRACES_KEPT = 5000;

const NOTHING_YET = {
  tenant: null,
  connected: false,
  /** @type {Map<string, object>} by message key */
  messages: new Map(),
  /** When each message came in, as a rising number; 0 for those that were there before the page was. */
  arrivals: new Map(),
  traces: [],
};

/** Starts listening; `onPicture` gets every new picture. Lives as long as the page. */
export function openTenantFeed(onPicture) {
  let picture = NOTHING_YET;
  let arrivalCount = 0;
  let fetchCount = 0;
  let tracesSeen = new Set();
  /** Events heard while the whole state is on its way: applied after it, so that it cannot undo them. */
  let heldBack = null;

  const show = (change) => {
    picture = { ...picture, ...change };
    onPicture(picture);
  };

  const upsert = (message) => {
    const arrivals = new Map(picture.arrivals);
    if (!arrivals.has(message.key)) arrivals.set(message.key, ++arrivalCount);
    show({ messages: new Map(picture.messages).set(message.key, message), arrivals });
  };

  const addTrace = (trace) => {
    const identity = JSON.stringify(trace);
    if (tracesSeen.has(identity)) return;
    tracesSeen.add(identity);
    show({ traces: [...picture.traces, trace].slice(-TRACES_KEPT) });
  };

  const replace = ({ messages, traces, ...tenant }) => {
    const isFirst = picture.tenant === null;
    const arrivals = new Map();
    for (const { key } of messages) {
      arrivals.set(key, picture.arrivals.get(key) ?? (isFirst ? 0 : ++arrivalCount));
    }
    tracesSeen = new Set(traces.map((trace) => JSON.stringify(trace)));
    show({
      tenant,
      arrivals,
      messages: new Map(messages.map((message) => [message.key, message])),
      traces: traces.slice(-TRACES_KEPT),
    });
  };

  const appliers = { message: upsert, trace: addTrace, state: replace };

  const hear = (kind) => (event) => {
    const data = JSON.parse(event.data);
    if (heldBack) heldBack.push([kind, data]);
    else appliers[kind](data);
  };

  const refetch = async () => {
    const turn = ++fetchCount;
    heldBack = [];
    try {
      const response = await fetch("/window/state");
      if (!response.ok) throw new Error(`The state answered ${response.status}`);
      const state = await response.json();
      if (turn !== fetchCount) return;
      const held = heldBack;
      heldBack = null;
      replace(state);
      for (const [kind, data] of held) appliers[kind](data);
    } catch {
      if (turn !== fetchCount) return;
      heldBack = null;
      setTimeout(() => turn === fetchCount && refetch(), RETRY_MS);
    }
  };

  const listen = () => {
    const source = new EventSource("/window/events");
    for (const kind of Object.keys(appliers)) source.addEventListener(kind, hear(kind));
    source.addEventListener("open", () => {
      show({ connected: true });
      refetch();
    });
    source.addEventListener("error", () => {
      show({ connected: false });
      // The browser reconnects by itself after a broken stream, but gives up after an error answer.
      if (source.readyState === EventSource.CLOSED) setTimeout(listen, RETRY_MS);
    });
  };

  refetch();
  listen();

  return {
    /** The answer to a write. The stream tells it too, and later changes with it, so it must not win over those. */
    takeAnswer(message) {
      if (!picture.connected || !picture.messages.has(message.key)) upsert(message);
    },
  };
}

/** The feed as a hook for the one component at the top: the newest picture and the feed itself. */
export function useTenantFeed() {
  const [picture, setPicture] = useState(NOTHING_YET);
  const [feed, setFeed] = useState(null);
  useEffect(() => setFeed(openTenantFeed(setPicture)), []);
  return { ...picture, feed };
}
