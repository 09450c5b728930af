/** Keys that work wherever the focus is. */
import { useEffect } from "/vendor/preact.js";

const REGIONS = [".list", ".conversation", ".side"];
/** What takes the focus of a region. */
const ENTRIES = {
  ".list": ['.list .row[aria-current="page"]', ".list .row", ".list .find input"],
  ".conversation": [".conversation__foot textarea"],
  ".side": [".side textarea", '.side [role="tab"][aria-selected="true"]'],
};

const isWriting = ({ target }) => target.closest("input, textarea, select, [contenteditable]") !== null;
const isSeen = (element) => element !== null && element.checkVisibility({ visibilityProperty: true });

/** `acts`, stable: `showKeys()`, `step(by)` to another conversation, `escape()`. */
export function useKeys(acts) {
  useEffect(() => {
    const goRound = (by) => {
      const seen = REGIONS.filter((region) => isSeen(document.querySelector(region)));
      const at = seen.findIndex((region) => document.activeElement?.closest(region));
      const next = seen[(at + by + seen.length) % seen.length];
      const entry = ENTRIES[next].map((one) => document.querySelector(one)).find((one) => one !== null);
      entry?.focus();
    };

    const find = () => document.querySelector(".find input")?.focus();
    const write = () =>
      document.querySelector('.side[data-panel="thread"] textarea, .conversation__foot textarea')?.focus();

    const onKey = (event) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || document.querySelector("dialog[open]"))
        return;
      const { key } = event;
      const take = (act) => {
        event.preventDefault();
        act();
      };
      if (key === "F6") return take(() => goRound(event.shiftKey ? -1 : 1));
      if (key === "Escape") return acts.escape();
      if (event.altKey && key === "ArrowUp") return take(() => acts.step(-1));
      if (event.altKey && key === "ArrowDown") return take(() => acts.step(1));
      if (event.altKey || isWriting(event)) return;
      if (key === "?") return take(acts.showKeys);
      if (key === "/") return take(find);
      if (key === "c") return take(write);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}
