/** A person's initials on their own colour; apps are square as in Teams, and the bot has its ear. */
import { html } from "/vendor/preact.js";
import { Icon } from "./icons.js";

const initials = (name) => {
  const words = name.trim().split(/\s+/);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : words;
  return letters
    .map((word) => [...word][0] ?? "")
    .join("")
    .toUpperCase();
};

/** The same id has the same colour everywhere and always; ids that differ little differ much in colour. */
export const hueOf = (id) =>
  ([...id].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 9973, 7) * 137) % 360;

/** `isBot`: the bot itself; `isApp`: any program. */
export const Avatar = ({ id, name, isBot = false, isApp = isBot, size = 32 }) => html`
  <span
    class=${["avatar", isApp && "avatar--app", isBot && "avatar--bot"].filter(Boolean).join(" ")}
    style=${{ "--size": `${size}px`, "--hue": hueOf(id) }}
    aria-hidden="true"
  >
    ${isBot ? html`<${Icon} name="ear" size=${Math.round(size * 0.66)} />` : initials(name)}
  </span>
`;
