/** How a subscription stands, for people and for metrics. Pure. */
import type { SubscriptionRecord } from "../storage/subscription-record.ts";
import { PATCH_FLOOR_MS } from "./renewal.ts";

/** The worst first. */
export const SUBSCRIPTION_STATES = ["expired", "renewal-overdue", "being-made", "listening"] as const;
export type SubscriptionState = (typeof SUBSCRIPTION_STATES)[number];

/** A renewal that is due waits for its turn: for the keeper's, and for Graph's, which wants no two at once. */
const OVERDUE_MS = 2 * PATCH_FLOOR_MS;

export function readSubscriptionState(record: SubscriptionRecord, now: number): SubscriptionState {
  const { subscriptionId, expiresAt, renewAt } = record;
  if (subscriptionId === null) return "being-made";
  if (expiresAt <= now) return "expired";
  return renewAt + OVERDUE_MS < now ? "renewal-overdue" : "listening";
}
