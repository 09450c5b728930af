/** When a thread can tell whether a reply was said: Teams takes a moment to show what it took. */
import type { LedgerEntry } from "../storage/storage.ts";

/** Teams answers within a second or two; a send that takes longer has an outcome that nobody knows. */
export const SEND_TIMEOUT_MS = 10_000;

/** After Teams answered with a failure, and after it did not answer: by then a reply that it took can be read. */
export const READABLE_AFTER_ANSWER_MS = 2_000;
export const READABLE_AFTER_SILENCE_MS = 5_000;

/**
 * The earliest instant (epoch ms) for a look into the thread, of a reply that may have been said. The ledger does not
 * tell an answer from silence; a send that lasted as long as we wait for an answer had none. Where we died while
 * sending, the send may have gone on for as long without us.
 */
export function planLook({ intendedAt, settledAt }: LedgerEntry): number {
  if (settledAt === null) return intendedAt + SEND_TIMEOUT_MS + READABLE_AFTER_SILENCE_MS;
  const isTimedOut = settledAt - intendedAt >= SEND_TIMEOUT_MS;
  return settledAt + (isTimedOut ? READABLE_AFTER_SILENCE_MS : READABLE_AFTER_ANSWER_MS);
}
