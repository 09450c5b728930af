/**
 * One clock for a bot and an emulated tenant in one process, which stands still until the test moves it, and then only
 * while nobody has anything in hand: thirty days pass in a minute or two, and nothing is late by our own doing.
 */
import { useFakeTimers } from "sinon";
import { BOT_LOOPS, createRest, type Rest } from "./rest.ts";

export interface MovedClock extends Pick<Rest, "edges" | "follow"> {
  now(): number;
  /**
   * Time passes. Where something is going on, from one sleeper to the next; where all is quiet, in steps, at each of
   * which the endless loops wake once. All other sleepers wake at their very instant.
   */
  advance(ms: number, pace?: Pace): Promise<void>;
  /** Lets no more time pass than the work needs to come to its end, and answers what it answers. */
  pass<Answer>(work: Promise<Answer>): Promise<Answer>;
  /** Gives the process its own `Date` back. */
  restore(): void;
}

export interface Pace {
  /** The longest step while all is quiet. */
  readonly stepMs?: number;
  /** All is quiet when no call was made for so long. */
  readonly lullMs?: number;
}

const STEP_MS = 15 * 60_000;
const LULL_MS = 1_000;
/** So many turns of the event loop the work is given before it is thought to wait for the clock. */
const TURNS = 200;
/** What wakes by the clock alone, and need not at every instant at which it would. */
const IDLE: readonly string[] = [...BOT_LOOPS, "run (sweeper.ts)", "beat (window-stream.ts)"];

/** `edges.timeout` stays real: it measures how long a call takes, and a call takes no time here. */
export function createMovedClock(startAt: number): MovedClock {
  // MSAL and jose ask `Date`. Timers stay real: HTTP needs them.
  const date = useFakeTimers({ now: startAt, toFake: ["Date"] });
  const now = () => Date.now();
  let livelyAt = startAt;
  const { edges, follow, sleepers, reach } = createRest({
    now,
    onCall: () => {
      livelyAt = now();
    },
  });
  return {
    ...{ now, edges, follow },
    advance: async (ms, { stepMs = STEP_MS, lullMs = LULL_MS } = {}) => {
      const until = now() + Math.round(ms);
      await reach();
      while (now() < until) {
        const isLively = now() - livelyAt < lullMs;
        const next = sleepers.readNext(({ place }) => isLively || !IDLE.includes(place));
        date.setSystemTime(Math.min(until, now() + stepMs, next));
        await reach();
      }
    },
    pass: async (work) => {
      let isOver = false;
      const ended = work.finally(() => {
        isOver = true;
      });
      // Whoever waits hears of its failure below.
      ended.catch(() => undefined);
      for (let turns = 1; !isOver; turns += 1) {
        await reach({ isOver: () => isOver });
        const next = sleepers.readNext();
        if (turns % TURNS === 0 && next !== Infinity) date.setSystemTime(Math.max(next, now()));
      }
      return ended;
    },
    restore: () => {
      date.restore();
    },
  };
}
