/** Short notices over the page: what failed, until read or a while has passed. */
import { html, useState } from "/vendor/preact.js";
import { Icon } from "./icons.js";

const STAYS_MS = 8000;
let noticeCount = 0;

export function useNotices() {
  const [notices, setNotices] = useState([]);
  const dismiss = (id) => setNotices((now) => now.filter((notice) => notice.id !== id));
  const notify = (text) => {
    const id = ++noticeCount;
    setNotices((now) => [...now, { id, text }].slice(-3));
    setTimeout(() => dismiss(id), STAYS_MS);
  };
  return { notices, notify, dismiss };
}

export const Notices = ({ notices, onDismiss }) => html`
  <div class="notices" role="alert">
    ${notices.map(
      ({ id, text }) => html`
        <p key=${id} class="notice" data-testid="notice">
          <span>${text}</span>
          <button type="button" class="icon-button" aria-label="Dismiss" onClick=${() => onDismiss(id)}>
            <${Icon} name="close" size=${16} />
          </button>
        </p>
      `,
    )}
  </div>
`;
