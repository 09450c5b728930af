/** What the bot made of a message, beside it: four dots for heard, opened, decided and replied, and a word. */
import { html, useMemo } from "/vendor/preact.js";
import { useWindow } from "./window-context.js";
import { STAGE_COUNT, presenceOf } from "./steps-of-message.js";

/** `traces`: of this message; undefined, nothing shows: it was not heard. */
export function StepMark({ message, traces, isSelected }) {
  const { tenant, showSteps } = useWindow();
  const presence = useMemo(() => (traces ? presenceOf(traces) : null), [traces]);
  // Its own messages come back to the bot, and it stays silent: nothing that is worth a word at each.
  if (presence === null || message.sender.id === tenant.bot.id) return null;
  const { word, tone, stage, isOver } = presence;
  return html`
    <button
      type="button"
      class=${`mark tone-${tone}${isOver ? "" : " mark--busy"}`}
      data-testid="steps-link"
      data-stage=${stage}
      data-word=${word}
      aria-pressed=${isSelected}
      aria-label=${`${tenant.bot.name}: ${word}. Show the steps`}
      title=${`${tenant.bot.name}: ${word}`}
      onClick=${() => showSteps(message.key)}
    >
      <span class="mark__dots" aria-hidden="true">
        ${Array.from({ length: STAGE_COUNT }, (_, at) => html`<i key=${at} class=${at < stage ? "is-done" : ""}></i>`)}
      </span>
      ${word}
    </button>
  `;
}
