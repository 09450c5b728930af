/** The page's line icons, 20 by 20, in the colour of the text around them. */
import { html } from "/vendor/preact.js";

const PATHS = {
  lock: "M6.5 9V6.5a3.5 3.5 0 0 1 7 0V9M5 9h10v8H5zM10 12v2",
  share: "M11 4h5v5M16 4l-7 7M8 5H4v11h11v-4",
  hash: "M8 3 6 17M14 3l-2 14M3.5 7.5h14M2.5 12.5h14",
  group:
    "M7.5 9.5a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.4zM2.5 16c0-2.6 2-4 5-4s5 1.4 5 4M13 9.3a2.2 2.2 0 1 0 0-4.4M14.5 12.2c2 .4 3.2 1.7 3.2 3.6",
  meeting: "M3 5.5h9.5v9H3zM12.5 9l4.5-2.8v7.6L12.5 11",
  ear: "M5.5 8a4.5 4.5 0 0 1 9 0c0 2.7-2.2 3.3-2.7 5.2a2.4 2.4 0 0 1-4.4.7M8 8a2 2 0 0 1 4 0c0 1.4-1.5 1.6-1.5 3",
  edit: "M4 16l.8-3.4 8.4-8.4a1.8 1.8 0 0 1 2.6 2.6l-8.4 8.4zM12 5.5 14.5 8",
  bin: "M4 6h12M8 6V4h4v2M5.5 6l.8 10.5h7.4L14.5 6M8.5 9v5M11.5 9v5",
  send: "M3 4l14 6-14 6 2.3-6zM5.3 10H11",
  reply: "M8 5 3.5 9.5 8 14M4 9.5h7c3.5 0 5.5 2 5.5 5.5",
  menu: "M3 5.5h14M3 10h14M3 14.5h14",
  close: "M5 5l10 10M15 5 5 15",
  check: "M4 10.5 8 14.5 16 6",
  steps: "M8 5h9M8 10h9M8 15h9M3.5 5h.01M3.5 10h.01M3.5 15h.01",
  back: "M11.5 4.5 6 10l5.5 5.5",
  chevron: "M7 5l5 5-5 5",
  thread: "M4 4.5h12v8.5h-6.5L6 16.5V13H4zM7 7.5h6M7 10h4",
  play: "M6.5 4.5v11l9-5.5z",
  stop: "M6 6h8v8H6z",
  keys: "M2.5 5.5h15v9h-15zM5.5 8.5h.01M8.5 8.5h.01M11.5 8.5h.01M14.5 8.5h.01M6.5 11.7h7",
  sun: "M10 13.2a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4zM10 2.5v1.8M10 15.7v1.8M2.5 10h1.8M15.7 10h1.8M4.7 4.7 6 6M14 14l1.3 1.3M15.3 4.7 14 6M6 14l-1.3 1.3",
  moon: "M16 11.8A6.5 6.5 0 0 1 8.2 4a6.5 6.5 0 1 0 7.8 7.8z",
  auto: "M3 4.5h14v9H3zM7.5 16.5h5M10 13.5v3",
  search: "M8.8 14a5.2 5.2 0 1 0 0-10.4 5.2 5.2 0 0 0 0 10.4zM12.7 12.7l3.8 3.8",
  file: "M5.5 3h6l3 3v11h-9zM11.5 3v3h3",
  code: "M7 6 3.5 10 7 14M13 6l3.5 4-3.5 4M11.2 4.5 8.8 15.5",
  alert: "M10 3.5 17.5 16h-15zM10 8.5v3.5M10 14h.01",
  again: "M15.5 8A6 6 0 1 0 16 11.5M15.8 4v4h-4",
  info: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM10 9v4.5M10 6.5h.01",
};

export const Icon = ({ name, size = 20 }) => html`
  <svg
    class="icon"
    width=${size}
    height=${size}
    viewBox="0 0 20 20"
    fill="none"
    stroke="currentColor"
    stroke-width=${name === "steps" ? 1.7 : 1.4}
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
  >
    <path d=${PATHS[name]} />
  </svg>
`;
