/** Sends in sliding windows: those that were, those that are promised, and the first instant at which one more fits. */
export interface SendWindow {
  /**
   * The first instant, not before `from`, at which one more send keeps within every limit, beside the sends that were
   * and those promised to who asked earlier than `order`.
   */
  findTime(from: number, order: number): number;
  add(turn: Turn): void;
  remove(turn: Turn): void;
  /** Forgets the sends that count no more at `time`; answers how many turns are left. */
  forget(time: number): number;
}

/** A send that was (`isTaken`), or the appointment for one. */
export interface Turn {
  readonly at: number;
  readonly isTaken: boolean;
  /** Place in the order of asking. */
  readonly order: number;
}

/** At most so many in any window of this length. */
export interface Limit {
  readonly most: number;
  readonly windowMs: number;
}

/** Between us and Teams the same second is not the same: a window is taken a little longer than it is. */
const SKEW_MS = 50;

/** `isQueue`: nobody is sent ahead of who asked earlier, even where there is room. */
export function createSendWindow({
  limits,
  isQueue,
}: {
  limits: readonly Limit[];
  isQueue: boolean;
}): SendWindow {
  const longestMs = Math.max(...limits.map(({ windowMs }) => windowMs)) + SKEW_MS;
  /** Ascending by time. */
  let turns: Turn[] = [];

  return {
    findTime: (from, order) => {
      const times = turns.filter((turn) => turn.isTaken || turn.order < order).map(({ at }) => at);
      let time = isQueue ? Math.max(from, times.at(-1) ?? from) : from;
      for (;;) {
        const next = Math.max(...limits.map((limit) => findTimeFor(limit, time, times)));
        if (next === time) return time;
        time = next;
      }
    },
    add: (turn) => {
      turns.splice(turns.findLastIndex(({ at }) => at <= turn.at) + 1, 0, turn);
    },
    remove: (turn) => {
      turns = turns.filter((one) => one !== turn);
    },
    forget: (time) => {
      turns = turns.filter(({ at, isTaken }) => !isTaken || at > time - longestMs);
      return turns.length;
    },
  };
}

/**
 * One more breaks a limit where, with as many others as the limit allows, it lies within one window. Then it has to
 * wait until the first of these others is out of the window, and not a moment longer. `times` ascend.
 */
function findTimeFor({ most, windowMs }: Limit, from: number, times: readonly number[]): number {
  const lengthMs = windowMs + SKEW_MS;
  let time = from;
  for (;;) {
    const place = times.findLastIndex((at) => at <= time) + 1;
    const blocking = times.find((first, index) => {
      const last = times[index + most - 1];
      const isNear = index >= place - most && index <= place;
      return isNear && last !== undefined && Math.max(time, last) - Math.min(time, first) < lengthMs;
    });
    if (blocking === undefined) return time;
    time = blocking + lengthMs;
  }
}
