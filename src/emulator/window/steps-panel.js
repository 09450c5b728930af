/** The right side: what Earshot did with one message, step by step, and what it does right now. */
import { html } from "/vendor/preact.js";
import { useWindow } from "./window-context.js";
import { Avatar } from "./avatar.js";
import { Icon } from "./icons.js";
import { LiveFeed } from "./live-feed.js";
import { ReactionPicture } from "./reaction-picture.js";
import { labelOf } from "./reactions.js";
import { hearingIn, wordsOf } from "./conversations.js";
import { clockTime, fineTime, offsetBetween } from "./moments.js";
import {
  EAR_NAMES,
  STEPS,
  earliestOf,
  hearingsOf,
  noteOnLead,
  noteOnRepeat,
  outcomeOf,
} from "./steps-of-message.js";
import { toneOf } from "./trace-tone.js";

export function StepsPanel({ message, messageTraces, traces, isPinned, onOpenTrace }) {
  const { tenant } = useWindow();
  return html`
    <section class="steps" data-testid="steps" aria-label=${`What ${tenant.bot.name} did`}>
      <div class="steps__scroll">
        ${
          message
            ? html`<${StepsOfMessage} message=${message} traces=${messageTraces} isPinned=${isPinned} />`
            : html`<p class="steps__nothing">
                Say something, and its way through ${tenant.bot.name} shows here.
              </p>`
        }
      </div>
      <${LiveFeed} traces=${traces} onOpen=${onOpenTrace} />
    </section>
  `;
}

function StepsOfMessage({ message, traces, isPinned }) {
  const { tenant, select } = useWindow();
  const hearings = hearingsOf(traces);
  const [lead] = hearings;
  const earliest = earliestOf(hearings);
  return html`
    <section class="about">
      <${Avatar}
        id=${message.sender.id}
        name=${message.sender.name}
        isBot=${message.sender.id === tenant.bot.id}
        isApp=${message.sender.isBot}
        size=${24}
      />
      <div class="about__text">
        <p class="about__who">
          <span>${message.sender.name}</span
          ><time title=${message.createdAt}>${clockTime(message.createdAt)}</time>
          ${
            isPinned &&
            html`<button
              type="button"
              class="link about__follow"
              data-testid="follow"
              onClick=${() => select(null)}
            >
              Follow newest
            </button>`
          }
        </p>
        <p class="about__words">${wordsOf(message)}</p>
      </div>
    </section>
    ${
      lead
        ? html`<${Outcome} hearing=${lead} since=${message.createdAt} />`
        : html`<${NotHeard} message=${message} />`
    }
    ${hearings.map(
      (hearing, at) =>
        html`<${Hearing}
          key=${at}
          hearing=${hearing}
          isRepeat=${at > 0}
          isEarliest=${hearing === earliest}
          since=${message.createdAt}
        />`,
    )}
  `;
}

function Outcome({ hearing, since }) {
  const { text, tone } = outcomeOf(hearing);
  const last = hearing.steps.at(-1);
  const rule = hearing.steps.findLast((trace) => trace.rule)?.rule;
  return html`
    <p class=${`outcome tone-${tone}`} role="status" data-testid="outcome">
      <span class="outcome__dot"></span>
      <span class="outcome__text">
        <strong>${text}</strong> ${rule && html`<span class="outcome__rule">by <code>${rule}</code></span>`}
      </span>
      <span class="outcome__time">${offsetBetween(since, last.at)}</span>
    </p>
  `;
}

function NotHeard({ message }) {
  const { tenant, conversation } = useWindow();
  const why = explainSilence(message, conversation, tenant);
  return html`<p class="steps__nothing" data-testid="not-heard">${why}</p>`;
}

function explainSilence(message, conversation, { bot, since }) {
  if (message.sender.id === bot.id) return `${bot.name} said this itself.`;
  if (message.createdAt < since) return `This was said before ${bot.name} came.`;
  const hearing = hearingIn(conversation);
  if (hearing === "nothing") return `${bot.name} is not here, so it did not hear this.`;
  if (hearing === "late")
    return `Graph does not tell of a ${conversation.kind} channel: ${bot.name} reads it every few minutes.`;
  return "Nothing heard of this message yet.";
}

function Hearing({ hearing, isRepeat, isEarliest, since }) {
  const { ear, steps } = hearing;
  const note = isRepeat ? noteOnRepeat(hearing) : noteOnLead(hearing, isEarliest);
  const lastRank = STEPS.indexOf(steps.at(-1).step);
  // What is still to come shows where a message stands; parking is no step on its way.
  const ahead = outcomeOf(hearing).isOver
    ? []
    : STEPS.slice(lastRank + 1).filter((step) => step !== "parked");
  return html`
    <section class=${isRepeat ? "hearing hearing--repeat" : "hearing"} data-testid="hearing" data-ear=${ear}>
      <h3 class="hearing__head">
        <${Icon} name="ear" size=${16} />${EAR_NAMES[ear] ?? ear}
        <span class=${`hearing__note tone-${note.tone}`}>${note.text}</span>
      </h3>
      <ol>
        ${steps.map((trace, at) => html`<${Step} key=${at} trace=${trace} since=${since} />`)}
        ${ahead.map((step) => html`<li key=${step} class="step step--ahead"><span class="step__name">${step}</span></li>`)}
      </ol>
    </section>
  `;
}

function Step({ trace, since }) {
  const { step, at, ear, result, code, rule, action } = trace;
  return html`
    <li
      class=${`step tone-${toneOf(trace)}`}
      data-testid="step"
      data-step=${step}
      data-result=${result}
      data-ear=${ear}
    >
      <span class="step__name">${step}</span>
      <span class="step__result">${result}</span>
      <time class="step__time" datetime=${at} title=${fineTime(at)}>${offsetBetween(since, at)}</time>
      ${
        (code || rule || action) &&
        html`<span class="step__more">
          ${action && html`<${Action} action=${action} />`}
          ${rule && html`<span>rule <code>${rule}</code></span>`} ${code && html`<code>${code}</code>`}
        </span>`
      }
    </li>
  `;
}

function Action({ action }) {
  if (action === "reply") return html`<span>reply</span>`;
  const label = labelOf(action);
  return html`<span class="step__reaction">
    <${ReactionPicture} type=${action} size=${14} />${label !== action && label}
  </span>`;
}
