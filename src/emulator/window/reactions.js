/** Reactions: Teams' ids with their names, and the pills under a message. */
import { html } from "/vendor/preact.js";
import { ReactionPicture } from "./reaction-picture.js";
import { useWindow } from "./window-context.js";
import { setReaction } from "./tenant-calls.js";

const KNOWN = {
  like: ["👍", "Like"],
  heart: ["❤️", "Heart"],
  laugh: ["😆", "Laugh"],
  surprised: ["😮", "Surprised"],
  sad: ["😢", "Sad"],
  angry: ["😠", "Angry"],
  "1f440_eyes": ["👀", "Eyes"],
  "2705_whiteheavycheckmark": ["✅", "Check mark"],
  launch: ["🚀", "Rocket"],
  "1f4cc_pushpin": ["📌", "Pushpin"],
  holdon: ["✋", "Hold on"],
  party: ["🎉", "Party"],
  think: ["🤔", "Thinking"],
  "1f44b_wavinghand": ["👋", "Wave"],
};

export const QUICK_REACTIONS = [
  "like",
  "heart",
  "laugh",
  "surprised",
  "1f440_eyes",
  "2705_whiteheavycheckmark",
];

const emojiOf = (type) => KNOWN[type]?.[0] ?? "";
export const labelOf = (type) => KNOWN[type]?.[1] ?? type;

export const isMine = (message, type, me) =>
  message.reactions.some((reaction) => reaction.type === type && reaction.by.some(({ id }) => id === me.id));

/** Gives or takes back the picked person's reaction. */
export function useToggleReaction(message) {
  const { me, perform } = useWindow();
  return (type) => perform(setReaction(message.key, me.id, type, !isMine(message, type, me)));
}

export function ReactionPills({ message }) {
  const { me } = useWindow();
  const toggle = useToggleReaction(message);
  const given = message.reactions.filter(({ by }) => by.length > 0);
  if (given.length === 0) return null;
  return html`
    <div class="pills" role="group" aria-label="Reactions">
      ${given.map(({ type, by }) => {
        const names = by.map(({ name }) => name).join(", ");
        return html`
          <button
            type="button"
            key=${type}
            class="pill"
            data-testid="reaction"
            data-type=${type}
            aria-pressed=${isMine(message, type, me)}
            aria-label=${`${labelOf(type)}, ${by.length}: ${names}`}
            title=${`${emojiOf(type)} ${labelOf(type)}: ${names}`.trim()}
            onClick=${() => toggle(type)}
          >
            <${ReactionPicture} type=${type} size=${16} /><span class="unseen">${emojiOf(type)}</span>
            <span class="pill__count">${by.length}</span>
          </button>
        `;
      })}
    </div>
  `;
}
