/**
 * The known reactions drawn, as Teams draws its own: emoji fonts differ, and some systems have none. Each drawing
 * is a list of paths on a 20 by 20 ground: filled, or stroked where the third word says so.
 */
import { html } from "/vendor/preact.js";

const DARK = "#5c3a12";
const GOLD = "#ffc83d";
const WHITE = "#ffffff";
const RED = "#e0364c";
const BLUE = "#4fa8f0";

const circle = (x, y, r) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
const line = (d, colour = DARK) => [d, colour, "stroke"];
const face = (...features) => [[circle(10, 10, 8.6), GOLD], ...features];
const eyes = [circle(7, 8.6, 1.25) + circle(13, 8.6, 1.25), DARK];

const THUMB = "M7.2 9.2 10 2.6c1.5 0 2.5 1 2.2 2.6L11.7 8h4a1.6 1.6 0 0 1 1.6 2l-1.5 6a2 2 0 0 1-2 1.5H7.2z";
const HEART = "M10 17.4 3.3 10.6C-.5 6.4 5.6 0.6 10 5.3 14.4.6 20.5 6.4 16.7 10.6z";
const PALM =
  "M5.3 10.8V6a1.1 1.1 0 0 1 2.2 0V4a1.1 1.1 0 0 1 2.2 0v-.9a1.1 1.1 0 0 1 2.2 0V4a1.1 1.1 0 0 1 2.2 0v6.2l1-1.3c1-1.2 2.5-.3 1.9.9l-2.6 5.4a4.6 4.6 0 0 1-4.2 2.6c-3 0-4.9-2.3-4.9-5z";
const FINGERS = "M7.5 6v3.6M9.7 4v5.4M11.9 4v5.4";

const PICTURES = {
  like: [
    [THUMB, GOLD],
    ["M2.6 9h4v8.5h-4z", "#e8a317"],
  ],
  heart: [[HEART, RED]],
  laugh: face(
    line("M5.3 6.8 7.8 8.3 5.3 9.8M14.7 6.8 12.2 8.3l2.5 1.5"),
    ["M5.2 11.5h9.6a4.8 4.8 0 0 1-9.6 0z", DARK],
    ["M6.3 11.5h7.4v1.5H6.3z", WHITE],
  ),
  surprised: face(eyes, line("M5.5 5.6 7.5 5M14.5 5.6 12.5 5"), [circle(10, 13.6, 2.1), DARK]),
  sad: face(eyes, line("M7 14.8c1.5-2 4.5-2 6 0"), [
    "M14.6 10.5c1.2 1.7 1.8 2.5 1.8 3.3a1.8 1.8 0 0 1-3.6 0c0-.8.6-1.6 1.8-3.3z",
    BLUE,
  ]),
  angry: [
    [circle(10, 10, 8.6), "#f2703f"],
    [circle(7, 10, 1.25) + circle(13, 10, 1.25), DARK],
    line("M5 7 8.3 8.7M15 7l-3.3 1.7M7.3 14.8c1.3-1.3 4.1-1.3 5.4 0"),
  ],
  think: face(eyes, line("M5.5 6.3 8 5.7M12 5.2l2.7.5M8.5 12.8l4-.6"), [
    "M4 14.8l3-1.2 2.5.9-2 .9c.5 1.5-.5 3.2-2.3 3.2-1.4 0-2-1.1-2-2.2z",
    "#e8a317",
  ]),
  "1f440_eyes": [
    [
      "M1.5 10a3.9 5.6 0 1 0 7.8 0a3.9 5.6 0 1 0-7.8 0M10.7 10a3.9 5.6 0 1 0 7.8 0a3.9 5.6 0 1 0-7.8 0",
      WHITE,
    ],
    line(
      "M1.5 10a3.9 5.6 0 1 0 7.8 0a3.9 5.6 0 1 0-7.8 0M10.7 10a3.9 5.6 0 1 0 7.8 0a3.9 5.6 0 1 0-7.8 0",
      "#8a8a8a",
    ),
    ["M2.8 11a2 2.7 0 1 0 4 0a2 2.7 0 1 0-4 0M12 11a2 2.7 0 1 0 4 0a2 2.7 0 1 0-4 0", "#2b2b2b"],
  ],
  "2705_whiteheavycheckmark": [
    ["M5 2h10a3 3 0 0 1 3 3v10a3 3 0 0 1-3 3H5a3 3 0 0 1-3-3V5a3 3 0 0 1 3-3z", "#2fa84f"],
    ["M5.8 10.3 8.8 13.3 14.3 6.8", WHITE, "stroke", 2.2],
  ],
  launch: [
    ["M6.5 10.5 3 11l2.6-3.4h3zM9.5 13.5 9 17l3.4-2.6v-3z", RED],
    ["M17.5 2.5c.3 5-2 8.5-7.3 11.6L5.9 9.8C9 4.5 12.5 2.2 17.5 2.5z", "#b9c3d1"],
    [circle(12.4, 7.6, 1.8), BLUE],
    ["M5.6 12 8 14.4c-1 1.9-2.8 2.6-5 2.6 0-2.2.7-4 2.6-5z", "#ff9a3c"],
  ],
  "1f4cc_pushpin": [
    line("M8 12 3 17", "#8a8a8a"),
    [
      "M11.3 2.5 17.5 8.7 15.8 9.6 14.6 9.3 12 12c.5 1.5.2 2.8-.9 3.9L4.1 8.9C5.2 7.8 6.5 7.5 8 8l2.7-2.6-.3-1.2z",
      RED,
    ],
  ],
  holdon: [
    [PALM, GOLD],
    [FINGERS, "#d9940f", "stroke", 0.7],
  ],
  "1f44b_wavinghand": [
    [PALM, GOLD],
    [FINGERS, "#d9940f", "stroke", 0.7],
    line("M15.5 2c1.2.5 2 1.3 2.5 2.5M2 15.5c.5 1.2 1.3 2 2.5 2.5", BLUE),
  ],
  party: [
    ["M7 7.5 12.5 13 2.5 17.5z", GOLD],
    line("M5.7 11.5 8.5 14.6M4.4 14 6 15.8", "#e0364c"),
    line("M10.5 8.5c2-1.5 2.3-3.5 1.3-5.5M12 10.5c1.5-2 3.5-2.3 5.5-1.3", "#7f5fd6"),
    [circle(15.5, 4.5, 1.1) + circle(7.5, 3.6, 0.9), BLUE],
    [circle(16.3, 13.3, 0.9) + circle(14.2, 7, 0.7), RED],
  ],
};

/** The drawing of a reaction, or its id where it is none of the known. */
export function ReactionPicture({ type, size = 18 }) {
  const paths = PICTURES[type];
  if (!paths) return html`<span class="reaction-id">${type}</span>`;
  return html`
    <svg class="icon" width=${size} height=${size} viewBox="0 0 20 20" aria-hidden="true">
      ${paths.map(([d, colour, kind, width = 1.3]) =>
        kind === "stroke"
          ? html`<path
              d=${d}
              fill="none"
              stroke=${colour}
              stroke-width=${width}
              stroke-linecap="round"
              stroke-linejoin="round"
            />`
          : html`<path d=${d} fill=${colour} />`,
      )}
    </svg>
  `;
}
