/** One message, as a post, a reply or a chat bubble. Its text is only ever set as text. */
import { html, useState } from "/vendor/preact.js";
import { useWindow } from "./window-context.js";
import { Avatar } from "./avatar.js";
import { CardView } from "./card-view.js";
import { Composer } from "./composer.js";
import { MessageTools } from "./message-tools.js";
import { ReactionPills } from "./reactions.js";
import { clockTime, exactTime } from "./moments.js";
import { editMessage } from "./tenant-calls.js";

const AVATAR_SIZES = { post: 36, reply: 28, bubble: 32 };

/** `look` is post, reply or bubble; `continues` says that the bubble above is the same sender's. */
export function MessageView({ message, look, continues = false }) {
  const { me, selectedKey, select, showSteps, perform } = useWindow();
  const [isEditing, setEditing] = useState(false);
  const { sender } = message;
  const isMine = sender.id === me.id;
  const isDeleted = message.deletedAt !== null;
  const isSelected = message.key === selectedKey;

  const classes = ["message", `message--${look}`];
  if (isMine && look === "bubble") classes.push("message--mine");
  if (continues) classes.push("message--continues");
  if (isSelected) classes.push("message--selected");

  const onClick = (event) => {
    const isControl = event.target.closest("button, a, textarea, input, select");
    if (!isControl && getSelection().isCollapsed) select(message.key);
  };

  const save = async (parts) => {
    const went = await perform(editMessage(message.key, me.id, parts));
    if (went) setEditing(false);
    return went;
  };

  return html`
    <article
      class=${classes.join(" ")}
      data-testid="message"
      data-message-key=${message.key}
      data-sender=${sender.name}
      aria-label=${`${sender.name}, ${clockTime(message.createdAt)}`}
      onClick=${onClick}
    >
      <${Avatar} ...${sender} size=${AVATAR_SIZES[look]} />
      <div class="message__main">
        <header class="message__meta">
          <span class="message__sender">${sender.name}</span>
          ${sender.isBot && html`<span class="badge">App</span>`}
          <time datetime=${message.createdAt} title=${exactTime(message.createdAt)}>
            ${clockTime(message.createdAt)}
          </time>
          ${message.editedAt && !isDeleted && html`<span data-testid="edited">Edited</span>`}
          <button
            type="button"
            class="link message__steps"
            data-testid="steps-link"
            aria-pressed=${isSelected}
            onClick=${() => showSteps(message.key)}
          >
            steps
          </button>
        </header>
        ${
          isEditing && !isDeleted
            ? html`<${Composer}
                label="Edit message"
                testId="edit-composer"
                sendTestId="edit-save"
                initialParts=${message.parts}
                isEdit=${true}
                hasFocus=${true}
                onSend=${save}
                onCancel=${() => setEditing(false)}
              />`
            : html`<${Body} message=${message} />`
        }
        ${!isDeleted && html`<${ReactionPills} message=${message} />`}
      </div>
      ${
        !isDeleted &&
        !isEditing &&
        html`<${MessageTools}
          message=${message}
          onEdit=${() => setEditing(true)}
          onSteps=${() => showSteps(message.key)}
        />`
      }
    </article>
  `;
}

function Body({ message }) {
  if (message.deletedAt !== null) {
    return html`<div class="message__body message__body--deleted">This message has been deleted.</div>`;
  }
  return html`
    <div class="message__body">
      ${
        message.parts.length > 0 &&
        html`<div class="message__text">
          ${message.parts.map((part) =>
            part.mention ? html`<span class="mention">${part.mention.name}</span>` : part.text,
          )}
        </div>`
      }
      ${message.cards.map((card, at) => html`<${CardView} key=${at} card=${card} />`)}
    </div>
  `;
}
