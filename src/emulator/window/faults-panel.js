/** The trouble that the tenant makes on demand: chances by kind, the dice's seed, and what can happen once. */
import { html, useEffect, useRef, useState } from "/vendor/preact.js";
import { ActsPanel } from "./acts-panel.js";
import { FAULT_GROUPS, withValue } from "./fault-kinds.js";
import { FaultSlider } from "./fault-slider.js";

const FIRST_SEED = 1;
/** So long after a change what the page shows is its own, not what it read before. */
const SETTLES_MS = 1500;

export function FaultsPanel({ control }) {
  const { state, setFaults } = control;
  const [draft, setDraft] = useState(null);
  const [seed, setSeed] = useState(null);
  const settling = useRef(0);

  useEffect(() => () => clearTimeout(settling.current), []);
  if (!state) return html`<p class="panel__nothing">Waiting for the tenant…</p>`;

  const faults = draft ? draft.faults : state.faults;
  const ownSeed = seed ?? state.seed ?? FIRST_SEED;
  const put = (next) => {
    setDraft({ faults: next });
    clearTimeout(settling.current);
    settling.current = setTimeout(() => setDraft(null), SETTLES_MS);
    setFaults(next);
  };
  const change = (path, value) => put(withValue(faults, ownSeed, path, value));
  const reseed = (value) => {
    if (!Number.isInteger(value)) return;
    setSeed(value);
    if (faults) put({ ...faults, seed: value });
  };
  const counted = Object.values(state.faultCounts).reduce((sum, count) => sum + count, 0);

  return html`
    <section class="panel" data-testid="faults" aria-label="Faults">
      <header class="panel__head">
        <h2>Trouble on demand</h2>
        <p data-testid="faults-made">
          ${counted === 0 ? "none made yet" : `${counted} made since the start`}
        </p>
      </header>
      <div class="dice">
        <label class="dice__seed">
          Seed
          <input
            type="number"
            class="field"
            step="1"
            data-testid="seed"
            value=${ownSeed}
            onChange=${(event) => reseed(event.target.valueAsNumber)}
          />
        </label>
        <p class="dice__hint">Same seed, same trouble</p>
        <button
          type="button"
          class="button"
          data-testid="no-faults"
          disabled=${faults === null}
          onClick=${() => put(null)}
        >
          No trouble
        </button>
      </div>
      ${FAULT_GROUPS.map(
        (group) =>
          html`<${Group}
            key=${group.label}
            group=${group}
            faults=${faults}
            counts=${state.faultCounts}
            onChange=${change}
          />`,
      )}
      <${ActsPanel} control=${control} />
    </section>
  `;
}

function Group({ group, faults, counts, onChange }) {
  const { label, services, kinds } = group;
  const [place, setPlace] = useState(services ? [services[0].id, "all"] : group.path);
  return html`
    <fieldset class="faults">
      <legend class="faults__head">
        <span>${label}</span>
        ${services && html`<${PlacePicker} services=${services} place=${place} onPick=${setPlace} />`}
        <span class="faults__columns" aria-hidden="true">made</span>
      </legend>
      ${
        services &&
        html`<${Outage}
          service=${services.find(({ id }) => id === place[0])}
          faults=${faults}
          count=${counts.outage ?? 0}
          onChange=${onChange}
        />`
      }
      ${kinds.map(
        (kind) =>
          html`<${FaultSlider}
            key=${`${place.join()} ${kind.id}`}
            kind=${kind}
            path=${[...place, kind.id]}
            faults=${faults}
            count=${counts[kind.id] ?? 0}
            onValue=${(value) => onChange([...place, kind.id], value)}
          />`,
      )}
    </fieldset>
  `;
}

/** Of which calls: a service, and what is called there. */
const PlacePicker = ({ services, place, onPick }) => html`
  <select
    class="field"
    aria-label="Which calls"
    data-testid="call-place"
    onChange=${(event) => onPick(event.target.value.split(" "))}
  >
    ${services.map(
      ({ id, label, areas }) => html`
        <optgroup key=${id} label=${label}>
          ${["all", ...areas].map((area) => {
            const value = `${id} ${area}`;
            return html`<option key=${value} value=${value} selected=${value === place.join(" ")}>
              ${label}: ${area}
            </option>`;
          })}
        </optgroup>
      `,
    )}
  </select>
`;

const Outage = ({ service, faults, count, onChange }) => html`
  <label class="switch" data-testid="outage">
    <span>${service.label} is out<span class="fault__hint">Every call answers 503</span></span>
    <input
      type="checkbox"
      role="switch"
      checked=${faults?.[service.id]?.outage === true}
      onChange=${(event) => onChange([service.id, "outage"], event.target.checked || undefined)}
    />
    <span class="fault__count" data-testid="count-outage" data-count=${count}>
      ${count}<span class="unseen"> made</span>
    </span>
  </label>
`;
