/** A channel's posts: each thread a card with its root, its replies and a place to reply. */
import { html, useState } from "/vendor/preact.js";
import { useWindow } from "./window-context.js";
import { Composer } from "./composer.js";
import { DayLine } from "./day-line.js";
import { Icon } from "./icons.js";
import { MessageView } from "./message-view.js";
import { isSameDay } from "./moments.js";

/** A longer thread shows its latest replies and holds the others behind a button. */
const REPLIES_SHOWN = 12;

export function ChannelPosts({ messages }) {
  const roots = messages.filter(({ rootId }) => rootId === null);
  const repliesByRoot = new Map(roots.map(({ id }) => [id, []]));
  for (const message of messages) repliesByRoot.get(message.rootId)?.push(message);
  return roots.map(
    (root, at) => html`
      ${
        !(at > 0 && isSameDay(roots[at - 1].createdAt, root.createdAt)) &&
        html`<${DayLine} key=${`day-${root.key}`} iso=${root.createdAt} />`
      }
      <${Thread} key=${root.key} root=${root} replies=${repliesByRoot.get(root.id)} />
    `,
  );
}

function Thread({ root, replies }) {
  const { say } = useWindow();
  const [isReplying, setReplying] = useState(false);
  const [showsAll, setShowsAll] = useState(false);
  const hidden = showsAll ? 0 : Math.max(0, replies.length - REPLIES_SHOWN);

  return html`
    <section class="thread" aria-label=${`Post by ${root.sender.name}`}>
      <${MessageView} message=${root} look="post" />
      ${(replies.length > 0 || isReplying) && html`<div class="thread__rule"></div>`}
      ${
        hidden > 0 &&
        html`<button type="button" class="link thread__more" onClick=${() => setShowsAll(true)}>
          Show ${hidden} earlier ${hidden === 1 ? "reply" : "replies"}
        </button>`
      }
      ${replies.slice(hidden).map((reply) => html`<${MessageView} key=${reply.key} message=${reply} look="reply" />`)}
      ${
        isReplying
          ? html`<div class="thread__composer">
              <${Composer}
                draftKey=${root.key}
                label=${`Reply to ${root.sender.name}`}
                placeholder="Reply"
                testId="reply-composer"
                sendTestId="reply-send"
                hasFocus=${true}
                onSend=${(parts) => say(root.id, parts)}
                onCancel=${() => setReplying(false)}
              />
            </div>`
          : html`<button
              type="button"
              class="thread__open"
              data-testid="open-reply"
              onClick=${() => setReplying(true)}
            >
              <${Icon} name="reply" size=${16} />Reply
            </button>`
      }
    </section>
  `;
}
