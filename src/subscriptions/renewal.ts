/** When a subscription is renewed, and for how long. Pure. */
import type { SubscriptionRecord } from "../storage/subscription-record.ts";

/** A little under Graph's three days, so that a clock ahead of ours still takes it. Minutes: 4,260 of 4,320. */
export const LIFE_MS = 71 * 60 * 60_000;
/**
 * Graph wants no two renewals or reauthorizations of one subscription within this.
 * Source: https://learn.microsoft.com/graph/change-notifications-lifecycle-events
 */
export const PATCH_FLOOR_MS = 10 * 60_000;

/**
 * At half of the life that Graph granted, by the expiry it returned, or up to a tenth of it earlier: what was made in
 * one minute need not be renewed in one. `chance`: from 0 to 1.
 */
export function planRenewal(granted: { from: number; expiresAt: number }, chance: number): number {
  const lifeMs = granted.expiresAt - granted.from;
  return Math.round(granted.from + lifeMs * (0.5 - 0.1 * chance));
}

/** When the plan has a step for this record again, if nothing else happens. */
export function readNextTime({ renewAt, patchedAt, expiresAt }: SubscriptionRecord): number {
  return Math.min(expiresAt, Math.max(renewAt, patchedAt === 0 ? 0 : patchedAt + PATCH_FLOOR_MS));
}

/** Graph has it, as far as we know. */
export function isAlive({ subscriptionId, expiresAt }: SubscriptionRecord, now: number): boolean {
  return subscriptionId !== null && expiresAt > now;
}
