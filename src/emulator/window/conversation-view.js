/** The middle: the open conversation with its title, its messages and the composer. */
import { html, useEffect, useRef } from "/vendor/preact.js";
import { useWindow } from "./window-context.js";
import { ChannelPosts } from "./channel-posts.js";
import { ChatBubbles } from "./chat-bubbles.js";
import { Composer } from "./composer.js";
import { Icon } from "./icons.js";
import { hearingIn, membersOf } from "./conversations.js";

const KIND_TAGS = { private: "Private", shared: "Shared", meeting: "Meeting", group: "Group chat" };

/** Nearer to the end than this, one is taken to be reading along. */
const NEAR_END_PX = 80;

export function ConversationView({ messages, hasUnread, onShowList, onShowSteps }) {
  const { tenant, conversation, say } = useWindow();
  const { id, name, isChannel } = conversation;
  const hearing = hearingIn(conversation);
  const scroller = useRef(null);
  const content = useRef(null);
  const readsAlong = useRef(true);

  useEffect(() => {
    const keepAtEnd = () => {
      if (readsAlong.current) scroller.current.scrollTop = scroller.current.scrollHeight;
    };
    // Watches sizes, not messages: cards and growing composers move the end too.
    const observer = new ResizeObserver(keepAtEnd);
    observer.observe(scroller.current);
    observer.observe(content.current);
    return () => observer.disconnect();
  }, []);

  const onScroll = ({ currentTarget }) => {
    const { scrollHeight, scrollTop, clientHeight } = currentTarget;
    readsAlong.current = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
  };

  const onSend = (parts) => {
    readsAlong.current = true;
    return say(null, parts);
  };

  return html`
    <main class="conversation">
      <header class="conversation__head">
        <button
          type="button"
          class=${hasUnread ? "icon-button only-narrow icon-button--dot" : "icon-button only-narrow"}
          aria-label="Teams and chats"
          data-testid="show-list"
          onClick=${onShowList}
        >
          <${Icon} name="menu" />
        </button>
        <${Title} conversation=${conversation} />
        <button
          type="button"
          class="head-button only-without-steps"
          data-testid="show-steps"
          onClick=${onShowSteps}
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
              : `In a ${conversation.kind} channel ${tenant.bot.name} hears only what mentions it.`
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
              : isChannel
                ? html`<${ChannelPosts} messages=${messages} />`
                : html`<${ChatBubbles} messages=${messages} />`
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
  const { name, kind, team, memberIds } = conversation;
  const people = memberIds && membersOf(tenant, conversation).map((person) => person.name);
  const below = team ? team.name : people?.join(", ");
  return html`
    <div class="title">
      <h1 class="title__name">
        ${name}${KIND_TAGS[kind] && html`<span class="badge badge--plain">${KIND_TAGS[kind]}</span>`}
      </h1>
      <p class="title__below">${below}</p>
    </div>
  `;
}

const Empty = ({ conversation: { isChannel, kind } }) => html`
  <div class="empty">
    <${Icon} name=${isChannel ? "hash" : kind === "meeting" ? "meeting" : "group"} size=${40} />
    <p>${isChannel ? "No posts yet. Start the first one below." : "No messages yet. Say something below."}</p>
  </div>
`;
