const FIRST_MS = 1_000;
const MOST_MS = 5 * 60_000;
/** Nobody is waited for longer than this, whatever they ask. */
const MOST_ASKED_MS = 60 * 60_000;

const MOST_ATTEMPTS = 12;
/** A key comes back by a person's hand and a restart, which brings these items back too; others wait behind them. */
const MOST_ATTEMPTS_WITHOUT_KEY = 3;

/** After this many tries an item is set aside, still sealed, and the rest of its conversation goes on. */
export function readMostAttempts(code: string): number {
  return code === "key-missing" ? MOST_ATTEMPTS_WITHOUT_KEY : MOST_ATTEMPTS;
}

/**
 * How long to wait before the next try: doubling from a second to five minutes, with up to a quarter of chance so
 * that many items do not come back at once; no less than the other side asked for, but for an hour at most.
 */
export function planRetryDelay(attempts: number, retryAfterMs: number | undefined, chance: number): number {
  const own = Math.min(MOST_MS, FIRST_MS * 2 ** (attempts - 1)) * (1 + chance / 4);
  return Math.round(Math.max(own, Math.min(retryAfterMs ?? 0, MOST_ASKED_MS)));
}
