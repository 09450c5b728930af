/** Entry of the page: puts list, conversation and side together. */
import { html, render, useEffect, useMemo, useState } from "/vendor/preact.js";
import { ConversationList } from "./conversation-list.js";
import { ConversationView } from "./conversation-view.js";
import { KeysDialog } from "./keys-dialog.js";
import { Notices, useNotices } from "./notices.js";
import { OutcomeTeller } from "./outcome-teller.js";
import { Side } from "./side.js";
import { WindowContext } from "./window-context.js";
import { listPanels } from "./side-panels.js";
import { isByTouch, usePageFocus } from "./page-focus.js";
import { usePlace } from "./place.js";
import { useControl } from "./use-control.js";
import { useKeys } from "./use-keys.js";
import { useSight } from "./use-sight.js";
import { useStableActs } from "./stable-acts.js";
import { postMessage } from "./tenant-calls.js";
import { useTenantFeed } from "./tenant-feed.js";

function Window({ picture }) {
  const { feed, connected } = picture;
  const [place, go] = usePlace();
  const { notices, notify, dismiss } = useNotices();
  const [showsKeys, setShowsKeys] = useState(false);
  const sight = useSight(picture, place);
  const { tenant, me, conversation, conversations, here, thread, selected, select } = sight;
  const panel = thread || place.panel !== "thread" ? (place.panel ?? "steps") : "steps";
  const control = useControl(panel === "subscriptions" || panel === "faults", notify);

  useEffect(() => {
    document.title = `${conversation.name} – ${tenant.organisation.name}`;
  }, [conversation.name, tenant.organisation.name]);

  const perform = async (call) => {
    try {
      feed.takeAnswer(await call);
      return true;
    } catch (error) {
      notify(error.message);
      return false;
    }
  };

  const acts = useStableActs({
    ...{ select, notify, perform },
    say(rootId, parts) {
      select(null);
      return perform(postMessage(conversation.id, rootId, me.id, parts));
    },
    async pressButton(message, button, inputs) {
      if (!control.can("pressButton")) throw new Error("This tenant does not tell the bot of buttons.");
      return control.act("pressButton", { person: me.id, message, button, inputs });
    },
    showSteps(key) {
      select(key);
      go({ page: "side", panel: "steps" });
    },
    openThread(message) {
      go({ page: "side", panel: "thread", threadId: message.rootId ?? message.id });
      // Where it is open already nothing else would take the focus.
      if (!isByTouch()) document.querySelector(".thread-view textarea")?.focus();
    },
    closeThread() {
      go({ page: "conversation", panel: "steps", threadId: null });
      if (!isByTouch()) document.querySelector(".conversation__foot textarea")?.focus();
    },
    open(conversationId) {
      select(null);
      const panelAfter = panel === "thread" ? "steps" : panel;
      go({ conversationId, page: "conversation", threadId: null, panel: panelAfter });
    },
    step(by) {
      const at = conversations.findIndex(({ id }) => id === conversation.id);
      const next = conversations[at + by];
      if (next) acts.open(next.id);
    },
    showKeys: () => setShowsKeys(true),
    escape() {
      if (place.page === "side") go({ page: "conversation" });
    },
    openTrace(trace) {
      const message = sight.findMessage(trace);
      if (!message) return notify("The message of this step is not here any more.");
      if (!conversations.some(({ id }) => id === message.conversationId)) {
        return notify(`${me.name} is not in the conversation of this message.`);
      }
      if (message.conversationId !== conversation.id) acts.open(message.conversationId);
      select(message.key);
    },
  });
  useKeys(acts);
  usePageFocus(place.page);

  const context = useMemo(() => ({ tenant, me, conversation, ...acts }), [tenant, me, conversation]);
  const tabs = listPanels({ sight, picture, control: { ...control, notify }, acts });

  return html`
    <${WindowContext.Provider} value=${context}>
      <div class="window" data-page=${place.page}>
        <${ConversationList}
          tenant=${tenant}
          me=${me}
          conversations=${conversations}
          current=${conversation}
          unread=${sight.unread}
          onPerson=${(personId) => go({ personId, threadId: null })}
          onOpen=${acts.open}
          foot=${{ connected, control: { ...control, notify }, onKeys: acts.showKeys }}
        />
        <${ConversationView}
          key=${conversation.id}
          messages=${here}
          feed=${{
            ...{ tracesByAddress: picture.tracesByAddress, selectedKey: selected?.key ?? null },
            threadId: thread?.root.id ?? null,
          }}
          hasUnread=${sight.unread.size > 0}
          onShowList=${() => go({ page: "list" })}
          onShowSide=${() => go({ page: "side" })}
        />
        <${Side}
          tabs=${tabs}
          current=${panel}
          title=${tabs.find(({ id }) => id === panel).title}
          onPick=${(id) => go({ panel: id })}
          onClose=${panel === "thread" ? acts.closeThread : () => go({ page: "conversation" })}
        />
        <button
          type="button"
          class="window__veil"
          tabindex="-1"
          aria-hidden="true"
          onClick=${() => go({ page: "conversation" })}
        ></button>
        <${OutcomeTeller} message=${sight.newestOwn} traces=${sight.newestOwnTraces} bot=${tenant.bot} />
        <${Notices} notices=${notices} onDismiss=${dismiss} />
        ${showsKeys && html`<${KeysDialog} onClose=${() => setShowsKeys(false)} />`}
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
