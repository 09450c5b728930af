/** Functions that stay the same from one drawing to the next, and yet do what the newest ones do. */
import { useMemo, useRef } from "/vendor/preact.js";

/** `acts`: always of the same names. */
export function useStableActs(acts) {
  const newest = useRef(acts);
  newest.current = acts;
  return useMemo(
    () =>
      Object.fromEntries(
        Object.keys(acts).map((name) => [name, (...given) => newest.current[name](...given)]),
      ),
    [],
  );
}
