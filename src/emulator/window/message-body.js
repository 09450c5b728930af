/** What a message says: its text with mentions, and what hangs on it. */
import { html } from "/vendor/preact.js";
import { Attachments } from "./attachments.js";
import { CardView } from "./card-view.js";
import { Icon } from "./icons.js";
import { isBlocked } from "./conversations.js";

const IMPORTANCE = { high: "Important", urgent: "Urgent" };

export function MessageBody({ message }) {
  const { parts, cards, subject, importance, attachments = [], pictures = [], policyViolation } = message;
  if (message.deletedAt !== null) {
    return html`<div class="message__body message__body--deleted">This message has been deleted.</div>`;
  }
  if (isBlocked(message)) {
    return html`<div class="message__body message__body--deleted" data-testid="blocked">
      This message was blocked by the organisation’s policy: ${policyViolation.conditions.join(", ")}.
    </div>`;
  }
  const quotes = attachments.filter(({ kind }) => kind === "quote");
  const others = attachments.filter(({ kind }) => kind !== "quote");
  return html`
    <div class="message__body">
      ${
        IMPORTANCE[importance] &&
        html`<p class="message__importance"><${Icon} name="alert" size=${14} />${IMPORTANCE[importance]}</p>`
      }
      ${subject && html`<h3 class="message__subject">${subject}</h3>`}
      <${Attachments} attachments=${quotes} />
      ${
        parts.length > 0 &&
        html`<div class="message__text" dir="auto">
          ${parts.map((part) =>
            part.mention ? html`<span class="mention">${part.mention.name}</span>` : part.text,
          )}
        </div>`
      }
      ${pictures.map(
        ({ src, alt, widthPx, heightPx }, at) => html`
          <img
            key=${at}
            class="message__picture"
            data-testid="picture"
            src=${src}
            alt=${alt || "Picture without a description"}
            width=${widthPx}
            height=${heightPx}
          />
        `,
      )}
      <${Attachments} attachments=${others} />
      ${cards.map((card, at) => html`<${CardView} key=${at} message=${message} card=${card} />`)}
      ${
        policyViolation &&
        html`<p class="message__policy" data-testid="policy">
          <${Icon} name="alert" size=${14} />Against the organisation’s policy:
          ${policyViolation.conditions.join(", ")}
        </p>`
      }
    </div>
  `;
}
