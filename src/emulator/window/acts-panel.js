/** What can be made to happen once: a row each, with its choices and a button. */
import { html, useState } from "/vendor/preact.js";
import { useWindow } from "./window-context.js";
import { ACT_KINDS } from "./act-kinds.js";

const LABELS = {
  ...{ role: "Permission", subscriptionId: "Subscription", event: "Event", of: "Whose", drop: "Old keys" },
  ...{ form: "Form", kind: "Kind", ms: "By", place: "Place" },
};

export function ActsPanel({ control }) {
  const kinds = ACT_KINDS.filter(({ act }) => control.can(act));
  if (kinds.length === 0) return null;
  return html`
    <section class="acts" aria-label="What can happen once">
      <h3 class="faults__head">What can happen once</h3>
      ${kinds.map((kind) => html`<${ActRow} key=${kind.act} kind=${kind} control=${control} />`)}
    </section>
  `;
}

function ActRow({ kind, control }) {
  const { tenant } = useWindow();
  const [picked, setPicked] = useState({});
  const [outcome, setOutcome] = useState(null);
  const { act, label, button, fields, args, tell, about, nothing } = kind;

  const choices = Object.entries(fields).map(([name, list]) => [name, list(tenant, control.state)]);
  const isEmpty = choices.some(([, options]) => options.length === 0);
  const values = Object.fromEntries(
    choices.map(([name, options]) => {
      const isThere = options.some(({ value }) => String(value) === String(picked[name]));
      return [name, isThere ? picked[name] : options[0]?.value];
    }),
  );

  const perform = async () => {
    setOutcome({ text: "…", tone: "quiet" });
    try {
      const result = await control.act(act, args ? args(values, tenant) : values);
      setOutcome({ text: tell ? tell(result) : "Done", tone: "good" });
    } catch (error) {
      setOutcome({ text: error.message, tone: "bad" });
    }
  };

  return html`
    <div class="act" data-testid=${`act-${act}`}>
      <p class="act__label">${label}</p>
      <p class=${outcome ? `act__outcome tone-${outcome.tone}` : "act__outcome"} role="status">
        ${outcome?.text}
      </p>
      <div class="act__fields">
        ${
          isEmpty
            ? html`<p class="act__nothing">${nothing}</p>`
            : about
              ? html`<p class="act__nothing">${about}</p>`
              : choices.map(
                  ([name, options]) => html`
                    <select
                      key=${name}
                      class="field"
                      aria-label=${`${label}: ${LABELS[name]}`}
                      data-testid=${`${act}-${name}`}
                      onChange=${(event) => setPicked({ ...picked, [name]: event.target.value })}
                    >
                      ${options.map(
                        (option) =>
                          html`<option
                            key=${option.value}
                            value=${option.value}
                            selected=${String(option.value) === String(values[name])}
                          >
                            ${option.label}
                          </option>`,
                      )}
                    </select>
                  `,
                )
        }
      </div>
      <button
        type="button"
        class="button"
        data-testid=${`${act}-do`}
        aria-label=${`${button}: ${label}`}
        disabled=${isEmpty}
        onClick=${perform}
      >
        ${button}
      </button>
    </div>
  `;
}
