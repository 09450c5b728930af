/** One message, as a post, a reply or a chat bubble. Its text is only ever set as text. */
import { html, useState } from "/vendor/preact.js";
import { useWindow } from "./window-context.js";
import { Avatar } from "./avatar.js";
import { Composer } from "./composer.js";
import { MessageBody } from "./message-body.js";
import { MessageTools } from "./message-tools.js";
import { ReactionPills } from "./reactions.js";
import { StepMark } from "./step-mark.js";
import { wordsOf } from "./conversations.js";
import { memo } from "./memo.js";
import { clockTime, exactTime } from "./moments.js";
import { editMessage } from "./tenant-calls.js";

const AVATAR_SIZES = { post: 36, reply: 28, bubble: 32 };

/**
 * `look` is post, reply or bubble; `continues` says that the bubble above is the same sender's; `traces` are what the
 * bot did with it.
 */
export const MessageView = memo(({ message, traces, look, isSelected, continues = false }) => {
  const { tenant, me, conversation, select, showSteps, openThread, perform } = useWindow();
  const [isEditing, setEditing] = useState(false);
  const { sender } = message;
  const isMine = sender.id === me.id;
  const isDeleted = message.deletedAt !== null;

  const classes = ["message", `message--${look}`];
  if (isMine && look === "bubble") classes.push("message--mine");
  if (continues) classes.push("message--continues");
  if (isSelected) classes.push("message--selected");

  const onClick = (event) => {
    const isControl = event.target.closest("button, a, textarea, input, select");
    if (!isControl && getSelection().isCollapsed) select(message.key);
  };

  const onKeyDown = (event) => {
    if (event.target !== event.currentTarget || event.key !== "Enter") return;
    event.preventDefault();
    if (conversation.isChannel && look !== "bubble") openThread(message);
    else showSteps(message.key);
  };

  const save = async (parts) => {
    const went = await perform(editMessage(message.key, me.id, parts));
    if (went) setEditing(false);
    return went;
  };

  const mark = html`<${StepMark} message=${message} traces=${traces} isSelected=${isSelected} />`;

  return html`
    <article
      class=${classes.join(" ")}
      data-testid="message"
      data-message-key=${message.key}
      data-sender=${sender.name}
      aria-label=${describe(message)}
      onClick=${onClick}
      onKeyDown=${onKeyDown}
    >
      <${Avatar}
        id=${sender.id}
        name=${sender.name}
        isBot=${sender.id === tenant.bot.id}
        isApp=${sender.isBot}
        size=${AVATAR_SIZES[look]}
      />
      <div class="message__main">
        <header class="message__meta">
          <span class="message__sender">${sender.name}</span>
          ${sender.isBot && html`<span class="badge">App</span>`}
          <time datetime=${message.createdAt} title=${exactTime(message.createdAt)}>
            ${clockTime(message.createdAt)}
          </time>
          ${message.editedAt && !isDeleted && html`<span data-testid="edited">Edited</span>`}
          ${look !== "bubble" && mark}
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
            : html`<div class="message__line">
                <${MessageBody} message=${message} />${look === "bubble" && mark}
              </div>`
        }
        ${!isDeleted && html`<${ReactionPills} message=${message} />`}
      </div>
      ${
        !isDeleted &&
        !isEditing &&
        html`<${MessageTools}
          message=${message}
          onEdit=${() => setEditing(true)}
          onReply=${look === "bubble" ? null : () => openThread(message)}
          onSteps=${() => showSteps(message.key)}
        />`
      }
    </article>
  `;
});

/** What is read out when the message has the focus. */
const describe = (message) => `${message.sender.name}, ${clockTime(message.createdAt)}: ${wordsOf(message)}`;
