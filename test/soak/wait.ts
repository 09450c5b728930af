/** Waiting for what must come, without guessing how long it takes. */
import { setTimeout as pause } from "node:timers/promises";

const LOOK_EVERY_MS = 20;

/**
 * Resolves when it holds; what it throws counts as not yet. Rejects when `readProgress` has said the same for
 * `patienceMs`, and with the signal's reason.
 */
export async function waitUntil(needs: {
  what: string;
  holds: () => boolean | Promise<boolean>;
  patienceMs: number;
  readProgress?: () => unknown;
  explain?: () => string;
  signal?: AbortSignal;
}): Promise<void> {
  const { what, holds, patienceMs, readProgress = () => null, explain = () => "", signal } = needs;
  let progress = readProgress();
  let movedAt = Date.now();
  for (;;) {
    signal?.throwIfAborted();
    if (
      await Promise.resolve()
        .then(holds)
        .catch(() => false)
    )
      return;
    const now = readProgress();
    if (now !== progress) movedAt = Date.now();
    progress = now;
    if (Date.now() - movedAt > patienceMs) throw new Error(`waited in vain for ${what}\n${explain()}`);
    await pause(LOOK_EVERY_MS, undefined, signal && { signal });
  }
}
