/** One trouble: how often it falls, and how often it was really made. */
import { html } from "/vendor/preact.js";
import { readChance } from "./fault-kinds.js";

const percent = (chance) => `${Math.round(chance * 100)} %`;

/** `onValue(value)`: what belongs at the trouble's path, undefined where it is off. */
export function FaultSlider({ kind, path, faults, count, onValue }) {
  const { id, label, hint, time } = kind;
  const chance = readChance(faults, path);
  const given = path.reduce((at, name) => at?.[name], faults);
  const ms = time && (given?.[time.name] ?? time.usual);
  const set = (nextChance, nextMs) => {
    if (nextChance === 0) onValue(undefined);
    else onValue(time ? { chance: nextChance, [time.name]: nextMs } : nextChance);
  };
  return html`
    <div class=${chance > 0 ? "fault fault--on" : "fault"} data-testid=${`fault-${path.join("-")}`}>
      <label class="fault__label" for=${`fault-${path.join("-")}`}> ${label} </label>
      ${
        time &&
        chance > 0 &&
        html`<select
          class="field fault__time"
          aria-label=${`${label}: up to`}
          value=${ms}
          onChange=${(event) => set(chance, Number(event.target.value))}
        >
          ${[...new Set([...time.choices, ms])].map(
            (choice) =>
              html`<option key=${choice} value=${choice} selected=${choice === ms}>
                ${choice / 1000} s
              </option>`,
          )}
        </select>`
      }
      <input
        type="range"
        id=${`fault-${path.join("-")}`}
        min="0"
        max="100"
        step="5"
        value=${Math.round(chance * 100)}
        aria-valuetext=${chance === 0 ? "off" : percent(chance)}
        aria-description=${hint}
        style=${{ "--part": percent(chance).replace(" ", "") }}
        onInput=${(event) => set(Number(event.target.value) / 100, ms)}
      />
      <output class="fault__chance">${chance === 0 ? "off" : percent(chance)}</output>
      <span class="fault__count" data-testid=${`count-${id}`} data-count=${count}>
        ${count}<span class="unseen"> made</span>
      </span>
      <p class="fault__hint" aria-hidden="true">${hint}</p>
    </div>
  `;
}
