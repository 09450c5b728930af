/** Tells a screen reader what became of the last thing one said, once it is over. */
import { html } from "/vendor/preact.js";
import { presenceOf } from "./steps-of-message.js";

export function OutcomeTeller({ message, traces, bot }) {
  const presence = message && traces ? presenceOf(traces) : null;
  return html`
    <div class="unseen" role="status" data-testid="outcome-teller">
      ${presence?.isOver && `${bot.name}: ${presence.word}`}
    </div>
  `;
}
