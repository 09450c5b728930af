/** One thread of a channel, whole, at the side: its root, its replies and a place to reply. */
import { html, useEffect, useRef } from "/vendor/preact.js";
import { useWindow } from "./window-context.js";
import { Composer } from "./composer.js";
import { MessageList } from "./message-list.js";
import { MessageView } from "./message-view.js";
import { useKeptAtEnd } from "./kept-at-end.js";
import { isByTouch } from "./page-focus.js";
import { useRoving } from "./roving.js";
import { addressOfMessage } from "./steps-of-message.js";

const SHOWN = 50;

/** `thread` as `threadOf` answers it. */
export function ThreadView({ thread, tracesByAddress, selectedKey, onClose }) {
  const { conversation, say } = useWindow();
  const { root, replies } = thread;
  const place = useRef(null);
  const { scroller, content, onScroll, goToEnd } = useKeptAtEnd();
  useRoving(content, { items: ".message", startsAtEnd: true });

  useEffect(() => {
    if (!isByTouch()) place.current.querySelector("textarea").focus({ preventScroll: true });
  }, []);

  const view = (message, look) => html`
    <${MessageView}
      key=${message.key}
      message=${message}
      traces=${tracesByAddress.get(addressOfMessage(message))}
      look=${look}
      isSelected=${message.key === selectedKey}
    />
  `;

  const onKeyDown = (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.stopPropagation();
    onClose();
  };

  const onSend = (parts) => {
    goToEnd();
    return say(root.id, parts);
  };

  return html`
    <section
      class="thread-view"
      data-testid="thread"
      aria-label=${`Thread of ${root.sender.name} in ${conversation.name}`}
      ref=${place}
      onKeyDown=${onKeyDown}
    >
      <div class="thread-view__scroll" ref=${scroller} onScroll=${onScroll}>
        <div ref=${content} role="log" aria-label="Thread">
          ${view(root, "post")}
          <p class="thread-view__count">
            ${replies.length === 0 ? "No replies yet" : replies.length === 1 ? "1 reply" : `${replies.length} replies`}
          </p>
          <${MessageList}
            rows=${replies}
            shown=${SHOWN}
            noun="replies"
            since=${root.createdAt}
            render=${(reply) => view(reply, "reply")}
          />
        </div>
      </div>
      <div class="thread-view__foot">
        <${Composer}
          draftKey=${root.key}
          label=${`Reply to ${root.sender.name}`}
          placeholder="Reply"
          testId="reply-composer"
          sendTestId="reply-send"
          onSend=${onSend}
        />
      </div>
    </section>
  `;
}
