/** Light, dark, or as the system has it: kept by the browser, set before anything is drawn. */
import { html, useState } from "/vendor/preact.js";
import { Icon } from "./icons.js";

const KEPT_AS = "earshot-theme";
const THEMES = [
  ["system", "Like the system", "auto"],
  ["light", "Light", "sun"],
  ["dark", "Dark", "moon"],
];

function readTheme() {
  // A browser may refuse storage; then the choice lasts as long as the page.
  try {
    return localStorage.getItem(KEPT_AS) ?? "system";
  } catch {
    return "system";
  }
}

function setTheme(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(KEPT_AS, theme);
  } catch {
    // See above.
  }
}

setTheme(readTheme());

export function ThemeSwitch() {
  const [theme, keep] = useState(readTheme);
  const pick = (next) => {
    setTheme(next);
    keep(next);
  };
  return html`
    <fieldset class="theme" data-testid="theme">
      <legend class="unseen">Colours</legend>
      ${THEMES.map(
        ([value, label, icon]) => html`
          <label key=${value} class="theme__choice" title=${label}>
            <input
              type="radio"
              class="unseen"
              name="theme"
              value=${value}
              aria-label=${label}
              checked=${value === theme}
              onChange=${() => pick(value)}
            />
            <${Icon} name=${icon} size=${16} />
          </label>
        `,
      )}
    </fieldset>
  `;
}
