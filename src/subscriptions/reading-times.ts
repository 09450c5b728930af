/** From when on a conversation is read, and when again. Pure. */

/** What is near the end of our memory may be forgotten before it is looked up. */
const MEMORY_MARGIN_MS = 60 * 60_000;
const SWEEP_MS = 24 * 60 * 60_000;
/** So much earlier, so that what was read together is not read together for ever. */
const SPREAD = 0.1;

/**
 * From the watermark on (epoch ms), but no further back than we remember what we handled: it might be handled again.
 * `rememberedMs`: for how long we do.
 */
export function readBeginning(reading: { heardUntil: number; now: number; rememberedMs: number }): number {
  const { heardUntil, now, rememberedMs } = reading;
  return Math.max(heardUntil, Math.min(now, now - rememberedMs + MEMORY_MARGIN_MS));
}

/** To the next slow look: a day, or so little that it still finds all from the last one on in our memory. */
export function planSweepDelay(rememberedMs: number, chance: number): number {
  const most = Math.min(SWEEP_MS, (rememberedMs - MEMORY_MARGIN_MS) / 2);
  return Math.round(Math.max(MEMORY_MARGIN_MS, most) * (1 - chance * SPREAD));
}
