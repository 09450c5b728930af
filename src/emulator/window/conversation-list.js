/** The left side: who one is, the teams with their channels, and the chats. */
import { html } from "/vendor/preact.js";
import { Avatar, hueOf } from "./avatar.js";
import { Icon } from "./icons.js";
import { hearingIn, kebab } from "./conversations.js";

const KIND_ICONS = { private: "lock", shared: "share", standard: "hash" };
const KIND_NAMES = {
  private: "Private channel",
  shared: "Shared channel",
  group: "Group chat",
  meeting: "Meeting chat",
};

export function ConversationList(props) {
  const { tenant, me, conversations, current, unread, connected, onPerson, onOpen } = props;
  const row = (conversation) => html`
    <${Row}
      key=${conversation.id}
      conversation=${conversation}
      bot=${tenant.bot}
      isCurrent=${conversation.id === current?.id}
      isUnread=${unread.has(conversation.id)}
      onOpen=${onOpen}
    />
  `;
  const chats = conversations.filter(({ isChannel }) => !isChannel);
  return html`
    <nav class="list" aria-label="Teams and chats">
      <label class="who">
        <${Avatar} ...${me} size=${36} />
        <span class="who__text">
          <span class="who__label">You are</span>
          <select data-testid="person" value=${me.id} onChange=${(event) => onPerson(event.target.value)}>
            ${tenant.people.map(
              ({ id, name }) => html`<option key=${id} value=${id} selected=${id === me.id}>${name}</option>`,
            )}
          </select>
          <span class="who__job">${me.jobTitle}</span>
        </span>
      </label>
      <div class="list__scroll">
        ${tenant.teams.map(
          (team) => html`
            <section key=${team.id} class="list__group" aria-label=${team.name}>
              <h2 class="list__team"><${TeamTile} team=${team} />${team.name}</h2>
              ${conversations.filter((one) => one.team?.id === team.id).map(row)}
            </section>
          `,
        )}
        ${
          chats.length > 0 &&
          html`<section class="list__group" aria-label="Chats">
            <h2 class="list__heading">Chats</h2>
            ${chats.map(row)}
          </section>`
        }
      </div>
      <footer class="list__foot">
        <span class=${connected ? "light light--on" : "light"} role="status" data-testid="connection">
          ${connected ? "Connected" : "Not connected"}
        </span>
        <span class="list__organisation">${tenant.organisation.name}</span>
      </footer>
    </nav>
  `;
}

const TeamTile = ({ team }) => html`
  <span class="team-tile" style=${{ "--hue": hueOf(team.id) }}> ${[...team.name][0]} </span>
`;

const describeHearing = (hearing, bot) =>
  hearing === "nothing" ? `${bot.name} is not here` : `${bot.name} hears its mentions only`;

function Row({ conversation, bot, isCurrent, isUnread, onOpen }) {
  const { id, name, kind, isChannel } = conversation;
  const hearing = hearingIn(conversation);
  const classes = ["row", isChannel ? "row--channel" : "row--chat"];
  if (isUnread) classes.push("row--unread");
  return html`
    <button
      type="button"
      class=${classes.join(" ")}
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
}

function RowIcon({ conversation: { kind, isChannel }, bot }) {
  if (isChannel) {
    return html`<span class="row__icon" title=${KIND_NAMES[kind]}
      ><${Icon} name=${KIND_ICONS[kind]} size=${16}
    /></span>`;
  }
  if (kind === "personal") return html`<${Avatar} ...${bot} isBot=${true} size=${28} />`;
  return html`<span class="row__round" title=${KIND_NAMES[kind]}><${Icon} name=${kind} size=${16} /></span>`;
}
