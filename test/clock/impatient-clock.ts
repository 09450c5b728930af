/**
 * A clock that goes as clocks do, but leaves out the waiting: when nobody has anything in hand it goes on at once to
 * where the next one wakes. What is computed counts at its real cost, what is waited for counts without being waited for.
 */
import { useFakeTimers } from "sinon";
import { createRest, type Rest } from "./rest.ts";

export interface ImpatientClock extends Pick<Rest, "edges" | "follow"> {
  now(): number;
  /** A sleep on this clock. */
  sleep(ms: number): Promise<void>;
  /** Lets time pass until the work is done, and answers what it answers. */
  pass<Answer>(work: Promise<Answer>): Promise<Answer>;
  /** How much was left out so far. */
  readSkippedMs(): number;
  /** Gives the process its own `Date` back. */
  restore(): void;
}

export function createImpatientClock(): ImpatientClock {
  const realStartAt = Date.now();
  const from = performance.now();
  let skippedMs = 0;
  const date = useFakeTimers({ now: realStartAt, toFake: ["Date"], shouldAdvanceTime: true });
  const now = () => {
    const at = Math.floor(realStartAt + performance.now() - from + skippedMs);
    // MSAL and jose ask `Date`.
    date.setSystemTime(at);
    return at;
  };
  const { edges, follow, sleepers, reach } = createRest({ now });
  return {
    ...{ now, edges, follow, sleep: (ms) => sleepers.sleep(ms) },
    pass: async (work) => {
      let isOver = false;
      const ended = work.finally(() => {
        isOver = true;
      });
      // Whoever waits hears of its failure below.
      ended.catch(() => undefined);
      while (!isOver) {
        await reach({ patienceMs: Infinity, isOver: () => isOver });
        const next = sleepers.readNext();
        if (!isOver && next !== Infinity) skippedMs += Math.max(0, next - now());
      }
      return ended;
    },
    readSkippedMs: () => skippedMs,
    restore: () => {
      date.restore();
    },
  };
}
