/** The newest traces of the whole tenant, as they come. One that belongs to a message leads to it. */
import { html } from "/vendor/preact.js";
import { EAR_NAMES } from "./steps-of-message.js";
import { fineTime } from "./moments.js";
import { toneOf } from "./trace-tone.js";

const SHOWN = 60;

export function LiveFeed({ traces, onOpen }) {
  const first = Math.max(0, traces.length - SHOWN);
  const newest = traces.slice(first).reverse();
  return html`
    <section class="feed" aria-label="Live feed">
      <h3 class="feed__head">Live<span>${traces.length} ${traces.length === 1 ? "step" : "steps"}</span></h3>
      <div class="feed__scroll" data-testid="feed">
        ${newest.length === 0 && html`<p class="steps__nothing">Quiet so far.</p>`}
        ${newest.map(
          (trace, at) => html`
            <button
              type="button"
              key=${traces.length - at}
              class=${`feed__row tone-${toneOf(trace)}`}
              disabled=${!trace.message}
              onClick=${() => onOpen(trace)}
            >
              <time>${fineTime(trace.at)}</time>
              <span class="feed__ear" title=${EAR_NAMES[trace.ear]}
                >${trace.ear === "graph" ? "Graph" : "Bot"}</span
              >
              <span class="feed__step">${trace.step}</span>
              <span class="feed__result">${trace.code ?? trace.result}</span>
            </button>
          `,
        )}
      </div>
    </section>
  `;
}
