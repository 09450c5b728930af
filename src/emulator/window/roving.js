/**
 * A list as one stop of the Tab key: arrows, Home and End move among its items, and Tab goes on into the controls of
 * the one that has the focus. Works on the page itself, since cards draw their own controls.
 */
import { useEffect } from "/vendor/preact.js";

const CONTROLS = "button, a[href], input, select, textarea, [tabindex]";
const STEPS = { ArrowDown: 1, ArrowUp: -1 };

/**
 * - `place`: reference to the element that holds the items
 * - `items`: selector of what the arrows move among
 * - `groups`: selector of what may hold an item together with controls that belong to no item
 * - `startsAtEnd`: the last item is the stop until another was visited
 */
export function useRoving(place, { items, groups = items, startsAtEnd = false }) {
  useEffect(() => {
    const root = place.current;
    let current = null;

    const list = () => [...root.querySelectorAll(items)].filter((item) => item.offsetParent !== null);

    const settle = () => {
      const all = list();
      if (!all.includes(current)) current = startsAtEnd ? all.at(-1) : (all.find(isChosen) ?? all[0]);
      const group = current?.closest(groups) ?? current;
      for (const item of all) item.tabIndex = item === current ? 0 : -1;
      for (const control of root.querySelectorAll(CONTROLS)) {
        if (control.matches(items)) continue;
        const item = control.closest(items);
        const own = item ?? control.closest(groups);
        const isReachable = own === null || item === current || (item === null && own === group);
        if (isReachable) control.removeAttribute("tabindex");
        else control.tabIndex = -1;
      }
    };

    const onFocus = ({ target }) => {
      const item = target.closest(items);
      if (item === null || item === current) return;
      current = item;
      settle();
    };

    const onKey = (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey || !event.target.matches(items)) return;
      const all = list();
      const at = all.indexOf(event.target);
      const next =
        event.key === "Home" ? all[0] : event.key === "End" ? all.at(-1) : all[at + STEPS[event.key]];
      if (!(event.key in STEPS) && event.key !== "Home" && event.key !== "End") return;
      event.preventDefault();
      next?.focus();
    };

    settle();
    const observer = new MutationObserver(settle);
    observer.observe(root, { childList: true, subtree: true });
    root.addEventListener("focusin", onFocus);
    root.addEventListener("keydown", onKey);
    return () => {
      observer.disconnect();
      root.removeEventListener("focusin", onFocus);
      root.removeEventListener("keydown", onKey);
    };
  }, []);
}

const isChosen = (item) => item.getAttribute("aria-current") === "page";
