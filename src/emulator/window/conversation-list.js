/** The left side: who one is, the teams with their channels, and the chats. */
import { html, useRef, useState } from "/vendor/preact.js";
import { Avatar, hueOf } from "./avatar.js";
import { ConversationRow } from "./conversation-row.js";
import { Icon } from "./icons.js";
import { ListFoot } from "./list-foot.js";
import { useRoving } from "./roving.js";

export function ConversationList(props) {
  const { tenant, me, conversations, current, unread, onPerson, onOpen, foot } = props;
  const [words, setWords] = useState("");
  const [closedTeams, setClosedTeams] = useState(new Set());
  const scroll = useRef(null);
  useRoving(scroll, { items: ".row, .list__team" });

  const sought = words.trim().toLowerCase();
  const fits = ({ name, team }) =>
    sought === "" ||
    name.toLowerCase().includes(sought) ||
    Boolean(team?.name.toLowerCase().includes(sought));
  const found = conversations.filter(fits);
  const row = (conversation) => html`
    <${ConversationRow}
      key=${conversation.id}
      conversation=${conversation}
      bot=${tenant.bot}
      isCurrent=${conversation.id === current.id}
      isUnread=${unread.has(conversation.id)}
      onOpen=${onOpen}
    />
  `;
  const toggle = (teamId) => {
    const next = new Set(closedTeams);
    if (!next.delete(teamId)) next.add(teamId);
    setClosedTeams(next);
  };
  const channelsByTeam = Map.groupBy(
    found.filter(({ isChannel }) => isChannel),
    ({ team }) => team.id,
  );
  const chats = found.filter(({ isChannel }) => !isChannel);

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
      <label class="find">
        <${Icon} name="search" size=${16} />
        <input
          type="search"
          data-testid="find"
          placeholder="Find a channel or chat"
          aria-label="Find a channel or chat"
          value=${words}
          onInput=${(event) => {
            setWords(event.target.value);
            scroll.current.scrollTop = 0;
          }}
        />
      </label>
      <div class="list__scroll" ref=${scroll}>
        ${tenant.teams
          .filter(({ id }) => channelsByTeam.has(id))
          .map(
            (team) => html`
              <${TeamGroup}
                key=${team.id}
                team=${team}
                isOpen=${sought !== "" || !closedTeams.has(team.id)}
                rows=${(channelsByTeam.get(team.id) ?? []).map(row)}
                onToggle=${() => toggle(team.id)}
              />
            `,
          )}
        ${
          chats.length > 0 &&
          html`<section class="list__group" aria-label="Chats">
            <h2 class="list__heading">Chats</h2>
            ${chats.map(row)}
          </section>`
        }
        ${found.length === 0 && html`<p class="list__nothing">Nothing is called “${words.trim()}”.</p>`}
      </div>
      <${ListFoot} ...${foot} organisation=${tenant.organisation} />
    </nav>
  `;
}

const TeamGroup = ({ team, isOpen, rows, onToggle }) => html`
  <section class="list__group" aria-label=${team.name}>
    <h2>
      <button type="button" class="list__team" aria-expanded=${isOpen} title=${team.name} onClick=${onToggle}>
        <span class="team-tile" style=${{ "--hue": hueOf(team.id) }} aria-hidden="true">
          ${[...team.name][0]}
        </span>
        <span class="list__team-name">${team.name}</span>
        <${Icon} name="chevron" size=${14} />
      </button>
    </h2>
    ${isOpen && rows}
  </section>
`;
