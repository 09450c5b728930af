/** The small bar over a message under the pointer: quick reactions, its thread and steps, and edit and delete for one's own. */
import { html } from "/vendor/preact.js";
import { useWindow } from "./window-context.js";
import { Icon } from "./icons.js";
import { ReactionPicture } from "./reaction-picture.js";
import { QUICK_REACTIONS, isMine, labelOf, useToggleReaction } from "./reactions.js";
import { deleteMessage } from "./tenant-calls.js";

export function MessageTools({ message, onEdit, onReply, onSteps }) {
  const { tenant, me, perform } = useWindow();
  const toggle = useToggleReaction(message);
  const tool = (testId, icon, label, onClick) => html`
    <button
      type="button"
      class="tool"
      data-testid=${testId}
      aria-label=${label}
      title=${label}
      onClick=${onClick}
    >
      <${Icon} name=${icon} size=${18} />
    </button>
  `;
  return html`
    <div class="tools" role="toolbar" aria-label="Message actions">
      ${QUICK_REACTIONS.map(
        (type) => html`
          <button
            type="button"
            key=${type}
            class="tool"
            data-testid="react"
            data-type=${type}
            aria-pressed=${isMine(message, type, me)}
            aria-label=${labelOf(type)}
            title=${labelOf(type)}
            onClick=${() => toggle(type)}
          >
            <${ReactionPicture} type=${type} />
          </button>
        `,
      )}
      <span class="tools__gap"></span>
      ${
        message.sender.id === me.id &&
        html`
          ${tool("edit", "edit", "Edit", onEdit)}
          ${tool("delete", "bin", "Delete", () => perform(deleteMessage(message.key, me.id)))}
        `
      }
      ${onReply && tool("reply-tool", "thread", "Reply in the thread", onReply)}
      ${tool("steps-tool", "ear", `What ${tenant.bot.name} did`, onSteps)}
    </div>
  `;
}
