/** The short list of whom an `@` may mean. The composer's textarea keeps the focus and steers it. */
import { html } from "/vendor/preact.js";
import { Avatar } from "./avatar.js";

export const MentionMenu = ({ id, choices, picked, botId, onPick }) => html`
  <ul class="mention-menu" id=${id} role="listbox" aria-label="Mention" data-testid="mention-menu">
    ${choices.map(
      (who, at) => html`
        <li
          key=${who.id}
          id=${`${id}-${at}`}
          role="option"
          aria-selected=${at === picked}
          onMouseDown=${(event) => {
            // Before the textarea would lose its focus and with it the menu.
            event.preventDefault();
            onPick(who);
          }}
        >
          <${Avatar} id=${who.id} name=${who.name} isBot=${who.id === botId} size=${28} />
          <span class="mention-menu__name">${who.name}</span>
          <span class="mention-menu__role">${who.id === botId ? "App" : who.jobTitle}</span>
        </li>
      `,
    )}
  </ul>
`;
