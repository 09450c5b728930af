/** A stretch of messages in the order of time, with a line between days, the earlier ones behind a button. */
import { html, useReducer, useRef } from "/vendor/preact.js";
import { DayLine } from "./day-line.js";
import { isSameDay } from "./moments.js";

/** So many times what is shown at first may gather before the earliest go behind the button again. */
const MOST_TIMES = 4;

/**
 * The last `shown` rows and whatever comes after them, so that nothing moves away under a reader. `render(row, before)`
 * draws one; `before` is the row above of the same day. Each row has `key` and `createdAt`. `since`: the instant of what
 * stands above them all.
 */
export function MessageList({ rows, shown, render, noun, since = null }) {
  const firstKey = useRef(null);
  const most = useRef(shown * MOST_TIMES);
  const [, redraw] = useReducer((count) => count + 1, 0);

  let start = rows.findIndex(({ key }) => key === firstKey.current);
  if (start < 0 || rows.length - start > most.current) start = Math.max(0, rows.length - shown);
  firstKey.current = rows[start]?.key ?? null;

  const showEarlier = () => {
    firstKey.current = rows[Math.max(0, start - shown)].key;
    most.current += shown;
    redraw();
  };

  return html`
    ${
      start > 0 &&
      html`<button type="button" class="link earlier" data-testid="earlier" onClick=${showEarlier}>
        Show earlier ${noun} (${start})
      </button>`
    }
    ${rows.slice(start).map((row, at, all) => {
      const before = all[at - 1];
      const above = before?.createdAt ?? (start === 0 ? since : null);
      const isNewDay = above === null || !isSameDay(above, row.createdAt);
      return html`
        ${isNewDay && html`<${DayLine} key=${`day-${row.key}`} iso=${row.createdAt} />`}
        ${render(row, isNewDay ? null : (before ?? null))}
      `;
    })}
  `;
}
