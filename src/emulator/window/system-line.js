/** What Teams says of itself: who came, who went, how something is called now. */
import { html } from "/vendor/preact.js";
import { textOf } from "./conversations.js";
import { clockTime, exactTime } from "./moments.js";

export const SystemLine = ({ message }) => html`
  <p class="system-line" data-testid="system-message" data-event=${message.systemEvent}>
    <span>${textOf(message)}</span>
    <time datetime=${message.createdAt} title=${exactTime(message.createdAt)}
      >${clockTime(message.createdAt)}</time
    >
  </p>
`;
