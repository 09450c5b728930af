/** Entry of the page: puts list, conversation and steps together and holds what is open and picked. */
import { html, render, useEffect, useMemo, useState } from "/vendor/preact.js";
import { ConversationList } from "./conversation-list.js";
import { ConversationView } from "./conversation-view.js";
import { Notices, useNotices } from "./notices.js";
import { StepsPanel } from "./steps-panel.js";
import { WindowContext } from "./window-context.js";
import { byTime, conversationsFor } from "./conversations.js";
import { addressOfMessage, addressOfTrace, tracesByAddress } from "./steps-of-message.js";
import { postMessage } from "./tenant-calls.js";
import { usePlace } from "./place.js";
import { useTenantFeed } from "./tenant-feed.js";
import { useUnread } from "./unread.js";

const NO_TRACES = [];

function Window({ picture }) {
  const { tenant, messages, arrivals, traces, connected, feed } = picture;
  const [place, go] = usePlace();
  const { notices, notify, dismiss } = useNotices();
  /** Null follows the newest message. */
  const [pinnedKey, select] = useState(null);
  /** What lies over the conversation where there is no room beside it: "list", "steps" or null. */
  const [sheet, setSheet] = useState(null);

  const me = tenant.people.find(({ id }) => id === place.personId) ?? tenant.people[0];
  const conversations = useMemo(() => conversationsFor(tenant, me.id), [tenant, me.id]);
  const conversation =
    conversations.find(({ id }) => id === place.conversationId) ??
    conversations.find(({ botIsHere }) => botIsHere) ??
    conversations[0];

  const inOrder = useMemo(() => [...messages.values()].sort(byTime), [messages]);
  const here = inOrder.filter(({ conversationId }) => conversationId === conversation.id);
  const byAddress = useMemo(() => tracesByAddress(traces), [traces]);
  const unread = useUnread(inOrder, arrivals, me.id, conversation.id);

  const pinned = here.find(({ key }) => key === pinnedKey);
  const selected = pinned ?? here.findLast(({ sender }) => !sender.isBot);

  useEffect(() => {
    document.title = `${conversation.name} – ${tenant.organisation.name}`;
  }, [conversation.name, tenant.organisation.name]);

  // What comes over the conversation takes the focus, and Escape sends it away.
  useEffect(() => {
    if (sheet === null) return;
    document
      .querySelector(sheet === "list" ? ".list select" : ".steps .icon-button")
      ?.focus({ preventScroll: true });
    const onKey = (event) => event.key === "Escape" && setSheet(null);
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [sheet]);

  const open = (conversationId) => {
    select(null);
    setSheet(null);
    go({ conversationId });
  };

  const perform = async (call) => {
    try {
      feed.takeAnswer(await call);
      return true;
    } catch (error) {
      notify(error.message);
      return false;
    }
  };

  const say = (rootId, parts) => {
    select(null);
    return perform(postMessage(conversation.id, rootId, me.id, parts));
  };

  const showSteps = (key) => {
    select(key);
    setSheet("steps");
  };

  const openTrace = (trace) => {
    const address = addressOfTrace(trace);
    const message = inOrder.find((one) => addressOfMessage(one) === address);
    if (!message) return notify("The message of this step is not here any more.");
    if (!conversations.some(({ id }) => id === message.conversationId)) {
      return notify(`${me.name} is not in the chat of this message.`);
    }
    if (message.conversationId !== conversation.id) go({ conversationId: message.conversationId });
    select(message.key);
  };

  const context = {
    tenant,
    me,
    conversation,
    selectedKey: selected?.key ?? null,
    select,
    showSteps,
    say,
    perform,
  };

  return html`
    <${WindowContext.Provider} value=${context}>
      <div class="window" data-sheet=${sheet}>
        <${ConversationList}
          tenant=${tenant}
          me=${me}
          conversations=${conversations}
          current=${conversation}
          unread=${unread}
          connected=${connected}
          onPerson=${(personId) => go({ personId })}
          onOpen=${open}
        />
        <${ConversationView}
          key=${conversation.id}
          messages=${here}
          hasUnread=${unread.size > 0}
          onShowList=${() => setSheet("list")}
          onShowSteps=${() => setSheet("steps")}
        />
        <${StepsPanel}
          message=${selected}
          messageTraces=${(selected && byAddress.get(addressOfMessage(selected))) ?? NO_TRACES}
          traces=${traces}
          isPinned=${pinned !== undefined}
          onOpenTrace=${openTrace}
          onClose=${() => setSheet(null)}
        />
        <button
          type="button"
          class="window__veil"
          aria-label="Close"
          onClick=${() => setSheet(null)}
        ></button>
        <${Notices} notices=${notices} onDismiss=${dismiss} />
      </div>
    <//>
  `;
}

function Page() {
  const picture = useTenantFeed();
  if (picture.tenant === null) return html`<p class="waiting">Waiting for the tenant…</p>`;
  return html`<${Window} picture=${picture} />`;
}

render(html`<${Page} />`, document.getElementById("window"));
