/** One channel or chat in the list. */
import { html } from "/vendor/preact.js";
import { Avatar } from "./avatar.js";
import { Icon } from "./icons.js";
import { hearingIn, kebab } from "./conversations.js";
import { memo } from "./memo.js";

const KIND_ICONS = { private: "lock", shared: "share", standard: "hash" };
const KIND_NAMES = {
  private: "Private channel",
  shared: "Shared channel",
  group: "Group chat",
  meeting: "Meeting chat",
};

const describeHearing = (hearing, bot) =>
  hearing === "nothing" ? `${bot.name} is not here` : `${bot.name} reads it now and then`;

export const ConversationRow = memo(({ conversation, bot, isCurrent, isUnread, onOpen }) => {
  const { id, name, kind, isChannel } = conversation;
  const hearing = hearingIn(conversation);
  const classes = ["row", isChannel ? "row--channel" : "row--chat"];
  if (isUnread) classes.push("row--unread");
  return html`
    <button
      type="button"
      class=${classes.join(" ")}
      title=${name}
      data-testid=${`conversation-${kebab(name)}`}
      data-conversation-id=${id}
      aria-current=${isCurrent ? "page" : null}
      onClick=${() => onOpen(id)}
    >
      <${RowIcon} conversation=${conversation} bot=${bot} />
      <span class="row__text">
        <span class="row__name">${name}</span>
        ${hearing !== "all" && html`<span class="row__hint">${describeHearing(hearing, bot)}</span>`}
      </span>
      ${KIND_NAMES[kind] && html`<span class="unseen">, ${KIND_NAMES[kind]}</span>`}
      ${isUnread && html`<span class="row__dot" data-testid="unread"></span><span class="unseen">, unread</span>`}
    </button>
  `;
});

function RowIcon({ conversation: { kind, isChannel }, bot }) {
  if (isChannel) {
    return html`<span class="row__icon" title=${KIND_NAMES[kind]}
      ><${Icon} name=${KIND_ICONS[kind]} size=${16}
    /></span>`;
  }
  if (kind === "personal") return html`<${Avatar} ...${bot} isBot=${true} size=${28} />`;
  return html`<span class="row__round" title=${KIND_NAMES[kind]}><${Icon} name=${kind} size=${16} /></span>`;
}
