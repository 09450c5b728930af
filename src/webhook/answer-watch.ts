/**
 * How well we answer Graph. Where more than 15 in 100 answers of ten minutes come after ten seconds, Graph drops what it
 * has to tell, and nobody is told of that.
 * Source: https://learn.microsoft.com/graph/change-notifications-delivery-webhooks
 */
export interface AnswerWatch {
  /** An answer that was given or, where `isGood` is false, refused for now. */
  note(answer: { receivedAt: number; isGood: boolean }): void;
}

const WINDOW_MS = 10 * 60_000;
const SLOW_MS = 10_000;
const MOST_BAD_SHARE = 0.15;
/** A single one is no state of affairs. */
const FEWEST_BAD = 3;

/** Counted by the minute: thousands come in a second. */
interface Minute {
  readonly from: number;
  all: number;
  bad: number;
}

const MINUTE_MS = 60_000;

/** `onRecovered`: we answer well again; since this instant (epoch ms) Graph may have dropped some. */
export function createAnswerWatch(now: () => number, onRecovered: (since: number) => void): AnswerWatch {
  let minutes: Minute[] = [];
  let badSince: number | null = null;

  const readMinute = (at: number): Minute => {
    const last = minutes.at(-1);
    if (last && at - last.from < MINUTE_MS) return last;
    const minute = { from: at, all: 0, bad: 0 };
    minutes = [...minutes.filter(({ from }) => at - from <= WINDOW_MS), minute];
    return minute;
  };

  return {
    note: ({ receivedAt, isGood }) => {
      const at = now();
      const minute = readMinute(at);
      minute.all += 1;
      if (!isGood || at - receivedAt > SLOW_MS) minute.bad += 1;
      const sum = (name: "all" | "bad") => minutes.reduce((total, each) => total + each[name], 0);
      const bad = sum("bad");
      if (bad >= FEWEST_BAD && bad > MOST_BAD_SHARE * sum("all")) {
        badSince ??= minutes.find((each) => each.bad > 0)?.from ?? receivedAt;
      } else if (badSince !== null) {
        onRecovered(badSince - WINDOW_MS);
        badSince = null;
      }
    },
  };
}
