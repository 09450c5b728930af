import type { Edges } from "../../src/edges.ts";

/** Everyone who sleeps on a clock that a test moves. */
export interface Sleepers {
  readonly sleep: Edges["sleep"];
  list(): readonly Sleeper[];
  /** When the first of those that fit is to wake, epoch ms; Infinity: nobody of them sleeps. */
  readNext(fits?: (sleeper: Sleeper) => boolean): number;
  /** Wakes all whose time has come, in the order of their instants; answers how many. */
  wake(): number;
}

export interface Sleeper {
  /** Where in the code it fell asleep: `run (keeper.ts)`. */
  readonly place: string;
  readonly untilAt: number;
}

export function createSleepers(needs: { now: () => number; onSleep: () => void }): Sleepers {
  const sleeping = new Map<Sleeper, () => void>();
  return {
    sleep: (ms, signal) => {
      const place = readCaller();
      return new Promise((resolve) => {
        if (signal?.aborted) {
          resolve();
          return;
        }
        const sleeper: Sleeper = { place, untilAt: needs.now() + ms };
        const wake = () => {
          sleeping.delete(sleeper);
          signal?.removeEventListener("abort", wake);
          resolve();
        };
        signal?.addEventListener("abort", wake, { once: true });
        sleeping.set(sleeper, wake);
        needs.onSleep();
      });
    },
    list: () => [...sleeping.keys()],
    readNext: (fits = () => true) => {
      let next = Infinity;
      for (const sleeper of sleeping.keys()) if (fits(sleeper)) next = Math.min(next, sleeper.untilAt);
      return next;
    },
    wake: () => {
      const now = needs.now();
      const due = [...sleeping].filter(([{ untilAt }]) => untilAt <= now);
      due.sort(([a], [b]) => a.untilAt - b.untilAt);
      for (const [, wake] of due) wake();
      return due.length;
    },
  };
}

/** The first line of the stack that is not of this file. */
function readCaller(): string {
  const lines = (new Error().stack ?? "").split("\n").slice(1);
  const caller = lines.find((line) => !line.includes("/clock/sleepers.ts")) ?? "";
  const [, name = "?", file = "?"] = /at (?:async )?(?:(\S+) \()?.*?([\w.-]+\.[jt]s):\d+/.exec(caller) ?? [];
  return `${name} (${file})`;
}
