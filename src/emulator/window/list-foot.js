/** Under the list: the busy day, the connection, colours and keys. */
import { html } from "/vendor/preact.js";
import { BusyDay } from "./busy-day.js";
import { Icon } from "./icons.js";
import { ThemeSwitch } from "./theme.js";

export const ListFoot = ({ organisation, connected, control, onKeys }) => html`
  <footer class="list__foot">
    <${BusyDay} control=${control} />
    <div class="list__tools">
      <${ThemeSwitch} />
      <button
        type="button"
        class="icon-button"
        aria-label="Keys"
        title="Keys (?)"
        data-testid="show-keys"
        onClick=${onKeys}
      >
        <${Icon} name="keys" />
      </button>
    </div>
    <p class="list__where">
      <span class=${connected ? "light light--on" : "light"} role="status" data-testid="connection">
        ${connected ? "Connected" : "Not connected"}
      </span>
      <span class="list__organisation" title=${organisation.name}>${organisation.name}</span>
    </p>
  </footer>
`;
