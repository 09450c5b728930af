import type { Edges } from "../../src/edges.ts";

/** Time that passes only when the test says so. */
export interface HeldClock extends Pick<Edges, "now" | "sleep"> {
  /** Time passes; who has slept long enough wakes. */
  advance(ms: number): void;
  /** Resolves when somebody sleeps, for at most `mostMs` more. Answers for how long it still means to, in milliseconds. */
  fallAsleep(mostMs?: number): Promise<number>;
}

interface Sleeper {
  readonly until: number;
  wake(): void;
}

export function createHeldClock(startAt: number): HeldClock {
  let now = startAt;
  const sleepers = new Set<Sleeper>();
  let fell = Promise.withResolvers<undefined>();
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) {
          resolve();
          return;
        }
        const sleeper: Sleeper = {
          until: now + ms,
          wake: () => {
            sleepers.delete(sleeper);
            resolve();
          },
        };
        signal?.addEventListener("abort", sleeper.wake, { once: true });
        sleepers.add(sleeper);
        fell.resolve(undefined);
        fell = Promise.withResolvers();
      }),
    advance: (ms) => {
      now += ms;
      for (const sleeper of [...sleepers]) if (sleeper.until <= now) sleeper.wake();
    },
    fallAsleep: async (mostMs = Number.MAX_VALUE) => {
      for (;;) {
        const leftMs = Math.min(...[...sleepers].map(({ until }) => until)) - now;
        if (leftMs <= mostMs) return leftMs;
        await fell.promise;
      }
    },
  };
}
