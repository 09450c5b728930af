/** A chat's messages as bubbles, one's own to the right. */
import { html } from "/vendor/preact.js";
import { DayLine } from "./day-line.js";
import { MessageView } from "./message-view.js";
import { isSameDay } from "./moments.js";

/** Within this time a sender's next message needs no name and picture of its own. */
const SAME_BREATH_MS = 5 * 60_000;

export const ChatBubbles = ({ messages }) =>
  messages.map((message, at) => {
    const before = messages[at - 1];
    const isNewDay = !before || !isSameDay(before.createdAt, message.createdAt);
    const continues =
      !isNewDay &&
      before.sender.id === message.sender.id &&
      Date.parse(message.createdAt) - Date.parse(before.createdAt) < SAME_BREATH_MS;
    return html`
      ${isNewDay && html`<${DayLine} key=${`day-${message.key}`} iso=${message.createdAt} />`}
      <${MessageView} key=${message.key} message=${message} look="bubble" continues=${continues} />
    `;
  });
