/** A chat's messages as bubbles, one's own to the right. */
import { html } from "/vendor/preact.js";
import { MessageList } from "./message-list.js";
import { MessageView } from "./message-view.js";
import { SystemLine } from "./system-line.js";
import { addressOfMessage } from "./steps-of-message.js";

const SHOWN = 60;
/** Within this time a sender's next message needs no name and picture of its own. */
const SAME_BREATH_MS = 5 * 60_000;

export const ChatBubbles = ({ messages, tracesByAddress, selectedKey }) => html`
  <${MessageList}
    rows=${messages}
    shown=${SHOWN}
    noun="messages"
    render=${(message, before) =>
      message.systemEvent
        ? html`<${SystemLine} key=${message.key} message=${message} />`
        : html`
            <${MessageView}
              key=${message.key}
              message=${message}
              traces=${tracesByAddress.get(addressOfMessage(message))}
              look="bubble"
              continues=${before !== null && isSameBreath(before, message)}
              isSelected=${message.key === selectedKey}
            />
          `}
  />
`;

const isSameBreath = (before, message) =>
  before.sender.id === message.sender.id &&
  Date.parse(message.createdAt) - Date.parse(before.createdAt) < SAME_BREATH_MS;
