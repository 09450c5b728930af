/** The tenant as the control API shows it: looked at now and then, more often while somebody watches. */
import { useEffect, useMemo, useRef, useState } from "/vendor/preact.js";
import { performAct, putFaults, readControlState } from "./control-calls.js";

const WATCHED_MS = 1000;
const UNWATCHED_MS = 5000;

/**
 * - `state`: the newest, null before the first and where there is no control API; `clockOffsetMs`: how far the
 *   tenant's clock is ahead of this page's
 * - `can(act)`, `act(name, args)`: throws with a message for a person
 * - `setFaults(faults)`: the newest of several in a row wins
 */
export function useControl(isWatched, notify) {
  const [seen, setSeen] = useState({ state: null, clockOffsetMs: 0 });
  const turn = useRef(0);

  const look = async () => {
    const own = ++turn.current;
    try {
      const state = await readControlState();
      if (own === turn.current) setSeen({ state, clockOffsetMs: Date.parse(state.now) - Date.now() });
    } catch {
      // The connection's light says it already.
    }
  };

  useEffect(() => {
    const lookIfSeen = () => document.hidden || look();
    lookIfSeen();
    const timer = setInterval(lookIfSeen, isWatched ? WATCHED_MS : UNWATCHED_MS);
    return () => clearInterval(timer);
  }, [isWatched]);

  const calls = useMemo(() => {
    let wanted;
    let isPutting = false;
    return {
      async act(name, args) {
        const result = await performAct(name, args);
        await look();
        return result;
      },
      async setFaults(faults) {
        wanted = faults;
        if (isPutting) return;
        isPutting = true;
        try {
          while (wanted !== undefined) {
            const next = wanted;
            wanted = undefined;
            await putFaults(next);
          }
        } catch (error) {
          notify(error.message);
        } finally {
          isPutting = false;
        }
        await look();
      },
    };
  }, []);

  return { ...seen, ...calls, can: (name) => seen.state?.acts.includes(name) ?? false };
}
