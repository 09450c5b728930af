/** The right side: tabs over what is shown there. */
import { html, useRef } from "/vendor/preact.js";
import { Icon } from "./icons.js";

/**
 * `tabs`: `{ id, label, view }`, of which `current` is open. Arrow keys go from tab to tab. Beside the conversation only
 * a thread can be closed, over it everything.
 */
export function Side({ tabs, current, title, onPick, onClose }) {
  const isThread = current === "thread";
  const list = useRef(null);
  const open = tabs.find(({ id }) => id === current);

  const onKeyDown = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = tabs.findIndex(({ id }) => id === current);
    const next = tabs[(at + step + tabs.length) % tabs.length];
    onPick(next.id);
    list.current.querySelector(`[data-tab="${next.id}"]`).focus();
  };

  return html`
    <aside class="side" data-panel=${current} aria-label=${title}>
      <header class="side__head">
        <button
          type="button"
          class="icon-button only-narrow"
          aria-label="Back to the conversation"
          data-testid="side-back"
          onClick=${onClose}
        >
          <${Icon} name="back" />
        </button>
        <h2 class="side__title only-narrow">${title}</h2>
        <div class="tabs" role="tablist" aria-label="What the side shows" ref=${list} onKeyDown=${onKeyDown}>
          ${tabs.map(
            ({ id, label }) => html`
              <button
                type="button"
                key=${id}
                role="tab"
                class="tab"
                id=${`tab-${id}`}
                data-tab=${id}
                data-label=${label}
                data-testid=${`tab-${id}`}
                aria-selected=${id === current}
                aria-controls="side-panel"
                tabindex=${id === current ? 0 : -1}
                onClick=${() => onPick(id)}
              >
                ${label}
              </button>
            `,
          )}
        </div>
        <button
          type="button"
          class=${isThread ? "icon-button side__close" : "icon-button side__close only-without-side"}
          aria-label="Close"
          title="Close (Esc)"
          data-testid="side-close"
          onClick=${onClose}
        >
          <${Icon} name="close" />
        </button>
      </header>
      <div class="side__panel" id="side-panel" role="tabpanel" aria-labelledby=${`tab-${current}`}>
        ${open.view()}
      </div>
    </aside>
  `;
}
