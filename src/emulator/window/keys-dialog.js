/** Which keys do what, over the page. */
import { html, useEffect, useRef } from "/vendor/preact.js";
import { Icon } from "./icons.js";

const KEYS = [
  [["Tab"], "from part to part, and into the message that has the focus"],
  [["↑", "↓"], "from conversation to conversation, from message to message"],
  [["Home", "End"], "to the first and to the last of them"],
  [["Enter"], "opens the conversation, or the thread of the message; sends what is written"],
  [["Shift", "Enter"], "a new line"],
  [["@"], "mentions somebody"],
  [["Alt", "↑"], "the conversation before"],
  [["Alt", "↓"], "the conversation after"],
  [["F6"], "list, conversation, side"],
  [["/"], "finds a channel or chat"],
  [["C"], "writes"],
  [["Esc"], "closes, cancels, and goes back to writing"],
  [["?"], "this list"],
];

export function KeysDialog({ onClose }) {
  const dialog = useRef(null);
  useEffect(() => dialog.current.showModal(), []);
  return html`
    <dialog
      ref=${dialog}
      class="keys"
      data-testid="keys"
      aria-labelledby="keys-title"
      onClose=${onClose}
      onClick=${(event) => event.target === dialog.current && dialog.current.close()}
    >
      <header class="keys__head">
        <h2 id="keys-title">Keys</h2>
        <button type="button" class="icon-button" aria-label="Close" onClick=${() => dialog.current.close()}>
          <${Icon} name="close" />
        </button>
      </header>
      <dl class="keys__list">
        ${KEYS.map(
          ([keys, what]) => html`
            <dt key=${what}>${keys.map((key) => html`<kbd key=${key}>${key}</kbd>`)}</dt>
            <dd>${what}</dd>
          `,
        )}
      </dl>
    </dialog>
  `;
}
