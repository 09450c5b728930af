/** A channel's posts: each thread a card with its root and its newest replies. The whole of it opens at the side. */
import { html } from "/vendor/preact.js";
import { useWindow } from "./window-context.js";
import { Icon } from "./icons.js";
import { MessageList } from "./message-list.js";
import { MessageView } from "./message-view.js";
import { SystemLine } from "./system-line.js";
import { addressOfMessage } from "./steps-of-message.js";
import { repliesByRoot } from "./threads.js";

const POSTS_SHOWN = 30;
const REPLIES_SHOWN = 3;
const NO_REPLIES = [];

export function ChannelPosts({ messages, tracesByAddress, selectedKey, threadId }) {
  const replies = repliesByRoot(messages);
  return html`
    <${MessageList}
      rows=${messages.filter(({ rootId }) => rootId === null)}
      shown=${POSTS_SHOWN}
      noun="posts"
      render=${(root) =>
        root.systemEvent
          ? html`<${SystemLine} key=${root.key} message=${root} />`
          : html`
              <${Post}
                key=${root.key}
                root=${root}
                replies=${replies.get(root.id) ?? NO_REPLIES}
                tracesByAddress=${tracesByAddress}
                selectedKey=${selectedKey}
                isOpen=${root.id === threadId}
              />
            `}
    />
  `;
}

function Post({ root, replies, tracesByAddress, selectedKey, isOpen }) {
  const { openThread } = useWindow();
  const hidden = Math.max(0, replies.length - REPLIES_SHOWN);
  const view = (message, look) => html`
    <${MessageView}
      key=${message.key}
      message=${message}
      traces=${tracesByAddress.get(addressOfMessage(message))}
      look=${look}
      isSelected=${message.key === selectedKey}
    />
  `;
  return html`
    <section class=${isOpen ? "thread thread--open" : "thread"} aria-label=${`Post by ${root.sender.name}`}>
      ${view(root, "post")} ${replies.length > 0 && html`<div class="thread__rule"></div>`}
      ${
        hidden > 0 &&
        html`<button
          type="button"
          class="link thread__more"
          data-testid="more-replies"
          onClick=${() => openThread(root)}
        >
          Show ${hidden} earlier ${hidden === 1 ? "reply" : "replies"}
        </button>`
      }
      ${replies.slice(hidden).map((reply) => view(reply, "reply"))}
      <button
        type="button"
        class="thread__open"
        data-testid="open-reply"
        aria-pressed=${isOpen}
        onClick=${() => openThread(root)}
      >
        <${Icon} name="reply" size=${16} />Reply
      </button>
    </section>
  `;
}
