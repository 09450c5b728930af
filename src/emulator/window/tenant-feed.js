/**
 * The page's picture of the tenant: fetched whole, then kept live by the event stream. Every change makes a new
 * picture, so views may compare by identity; what comes within a moment makes one picture together, so that a busy
 * tenant does not keep the page drawing.
 */
import { useEffect, useState } from "/vendor/preact.js";
import { addressOfTrace } from "./steps-of-message.js";

const RETRY_MS = 2000;
const MOMENT_MS = 40;
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
  /** What each message went through: another array only when there is more of it. */
  tracesByAddress: new Map(),
};

/** Starts listening; `onPicture` gets every new picture. Lives as long as the page. */
export function openTenantFeed(onPicture) {
  let { tenant, connected } = NOTHING_YET;
  let messages = new Map();
  let arrivals = new Map();
  let traces = [];
  let tracesByAddress = new Map();
  let tracesSeen = new Set();
  let arrivalCount = 0;
  let fetchCount = 0;
  let isDue = false;
  /** Events heard while the whole state is on its way: applied after it, so that it cannot undo them. */
  let heldBack = null;

  const show = () => {
    if (isDue) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      onPicture({
        ...{ tenant, connected, messages: new Map(messages), arrivals: new Map(arrivals) },
        ...{ traces: [...traces], tracesByAddress: new Map(tracesByAddress) },
      });
    }, MOMENT_MS);
  };

  const upsert = (message) => {
    if (!arrivals.has(message.key)) arrivals.set(message.key, ++arrivalCount);
    messages.set(message.key, message);
    // What Teams tells of itself has changed who is where, or how it is called.
    if (message.systemEvent && tenant !== null) refetch();
  };

  const addTrace = (trace) => {
    const identity = JSON.stringify(trace);
    if (tracesSeen.has(identity)) return;
    tracesSeen.add(identity);
    traces.push(trace);
    if (traces.length > TRACES_KEPT) tracesSeen.delete(JSON.stringify(traces.shift()));
    const address = addressOfTrace(trace);
    // What an edit or a reaction went through is in the live list; here it would hide what the message did.
    if (address === null || trace.change) return;
    tracesByAddress.set(address, [...(tracesByAddress.get(address) ?? []), trace]);
  };

  const replace = ({ messages: all, traces: told, ...rest }) => {
    const isFirst = tenant === null;
    const earlier = arrivals;
    arrivals = new Map(all.map(({ key }) => [key, earlier.get(key) ?? (isFirst ? 0 : ++arrivalCount)]));
    messages = new Map(all.map((message) => [message.key, message]));
    tenant = rest;
    traces = [];
    tracesByAddress = new Map();
    tracesSeen = new Set();
    told.forEach(addTrace);
  };

  const appliers = { message: upsert, trace: addTrace, state: replace };
  const apply = (kind, data) => {
    appliers[kind](data);
    show();
  };

  const hear = (kind) => (event) => {
    const data = JSON.parse(event.data);
    if (heldBack) heldBack.push([kind, data]);
    else apply(kind, data);
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
      apply("state", state);
      for (const [kind, data] of held) apply(kind, data);
    } catch {
      if (turn !== fetchCount) return;
      heldBack = null;
      setTimeout(() => turn === fetchCount && refetch(), RETRY_MS);
    }
  };

  const connect = (isConnected) => {
    connected = isConnected;
    show();
  };

  const listen = () => {
    const source = new EventSource("/window/events");
    for (const kind of Object.keys(appliers)) source.addEventListener(kind, hear(kind));
    source.addEventListener("open", () => {
      connect(true);
      refetch();
    });
    source.addEventListener("error", () => {
      connect(false);
      // The browser reconnects by itself after a broken stream, but gives up after an error answer.
      if (source.readyState === EventSource.CLOSED) setTimeout(listen, RETRY_MS);
    });
  };

  refetch();
  listen();

  return {
    /** The answer to a write. The stream tells it too, and later changes with it, so it must not win over those. */
    takeAnswer(message) {
      if (!connected || !messages.has(message.key)) apply("message", message);
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
