/** A person's initials on their own colour; Earshot has its ear, on a square as apps have in Teams. */
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

export const Avatar = ({ id, name, isBot = false, size = 32 }) => html`
  <span
    class=${isBot ? "avatar avatar--bot" : "avatar"}
    style=${{ "--size": `${size}px`, "--hue": hueOf(id) }}
    aria-hidden="true"
  >
    ${isBot ? html`<${Icon} name="ear" size=${Math.round(size * 0.66)} />` : initials(name)}
  </span>
`;
