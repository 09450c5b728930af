/** The middle: the open conversation with its title, its messages and the composer. */
import { html, useRef } from "/vendor/preact.js";
import { useWindow } from "./window-context.js";
import { ChannelPosts } from "./channel-posts.js";
import { ChatBubbles } from "./chat-bubbles.js";
import { Composer } from "./composer.js";
import { Icon } from "./icons.js";
import { hearingIn, membersOf } from "./conversations.js";
import { useKeptAtEnd } from "./kept-at-end.js";
import { useRoving } from "./roving.js";

const KIND_TAGS = { private: "Private", shared: "Shared", meeting: "Meeting", group: "Group chat" };

export function ConversationView({ messages, feed, hasUnread, onShowList, onShowSide }) {
  const { tenant, conversation, say } = useWindow();
  const { id, name, isChannel } = conversation;
  const hearing = hearingIn(conversation);
  const main = useRef(null);
  const { scroller, content, onScroll, goToEnd } = useKeptAtEnd();
  useRoving(content, { items: ".message", groups: ".thread, .message", startsAtEnd: true });

  const onSend = (parts) => {
    goToEnd();
    return say(null, parts);
  };

  const onKeyDown = (event) => {
    if (!event.target.matches(".message") || event.key !== "Escape") return;
    event.stopPropagation();
    main.current.querySelector(".conversation__foot textarea").focus();
  };

  const Messages = isChannel ? ChannelPosts : ChatBubbles;
  return html`
    <main class="conversation" ref=${main} onKeyDown=${onKeyDown}>
      <header class="conversation__head">
        <button
          type="button"
          class=${hasUnread ? "icon-button only-narrow icon-button--dot" : "icon-button only-narrow"}
          aria-label=${hasUnread ? "Back to teams and chats, some unread" : "Back to teams and chats"}
          data-testid="show-list"
          onClick=${onShowList}
        >
          <${Icon} name="back" />
        </button>
        <${Title} conversation=${conversation} />
        <button
          type="button"
          class="head-button only-without-side"
          data-testid="show-steps"
          onClick=${onShowSide}
        >
          <${Icon} name="ear" size=${18} />Steps
        </button>
      </header>
      ${
        hearing !== "all" &&
        html`<p class="conversation__hint">
          <${Icon} name="info" size=${16} />${
            hearing === "nothing"
              ? `${tenant.bot.name} is not here: it hears nothing of what is said.`
              : `Graph does not tell of a ${conversation.kind} channel: ${tenant.bot.name} hears its mentions at once, and reads the rest every few minutes.`
          }
        </p>`
      }
      <div class="conversation__scroll" ref=${scroller} onScroll=${onScroll}>
        <div
          class=${isChannel ? "conversation__content conversation__content--channel" : "conversation__content"}
          ref=${content}
          role="log"
          aria-label=${`Messages in ${name}`}
        >
          ${
            messages.length === 0
              ? html`<${Empty} conversation=${conversation} />`
              : html`<${Messages} messages=${messages} ...${feed} />`
          }
        </div>
      </div>
      <div class="conversation__foot">
        <${Composer}
          key=${id}
          draftKey=${id}
          label=${isChannel ? `Start a post in ${name}` : `Message ${name}`}
          placeholder=${isChannel ? "Start a post" : "Type a message"}
          testId="composer"
          sendTestId="send"
          onSend=${onSend}
        />
      </div>
    </main>
  `;
}

function Title({ conversation }) {
  const { tenant } = useWindow();
  const { name, kind, team } = conversation;
  const below = team
    ? team.name
    : membersOf(tenant, conversation)
        .map((person) => person.name)
        .join(", ");
  return html`
    <div class="title">
      <h1 class="title__name" tabindex="-1">
        <span class="title__text" title=${name}>${name}</span>
        ${KIND_TAGS[kind] && html`<span class="badge badge--plain">${KIND_TAGS[kind]}</span>`}
      </h1>
      <p class="title__below" title=${below}>${below}</p>
    </div>
  `;
}

const Empty = ({ conversation: { isChannel, kind, name } }) => html`
  <div class="empty">
    <${Icon} name=${isChannel ? "hash" : kind === "meeting" ? "meeting" : "group"} size=${40} />
    <p class="empty__head">Nothing said in ${name} yet</p>
    <p>${isChannel ? "Start the first post below." : "Say something below."}</p>
  </div>
`;
