const FASTEST_MS = 60_000;
const SLOWEST_MS = 15 * 60_000;
const SLOWER = 1.5;
/** Of a second that Graph gives a tenant for reading channels, what polling leaves to catching up. */
const SHARE = 2;

/**
 * How long to wait before a polled conversation is read again: a minute while something is said there, longer and longer
 * while nothing is; and never so short that all that are polled in the tenant want more than half of what Graph allows,
 * one reading a second. Pure.
 */
export function planPollPace(poll: {
  previousMs: number;
  foundNew: boolean;
  polledInTenant: number;
}): number {
  const { previousMs, foundNew, polledInTenant } = poll;
  const wishedMs = foundNew
    ? FASTEST_MS
    : Math.min(SLOWEST_MS, Math.max(FASTEST_MS, Math.round(previousMs * SLOWER)));
  return Math.max(wishedMs, polledInTenant * SHARE * 1_000);
}
