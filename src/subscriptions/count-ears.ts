/** How well the bot listens, in numbers. */
import type { Edges } from "../edges.ts";
import type { DeafSpot } from "../storage/subscription-record.ts";
import type { Storage } from "../storage/storage.ts";
import { readSubscriptionState, SUBSCRIPTION_STATES, type SubscriptionState } from "./subscription-state.ts";

export interface EarCounts {
  readonly subscriptions: Readonly<Record<SubscriptionState, number>>;
  readonly unreported: Readonly<Record<DeafSpot["state"], number>>;
  /** Conversations in which something may be missing. */
  readonly gaps: number;
  /** Until the first of the living expires; null: none lives. */
  readonly firstExpiryMs: number | null;
}

type Known = Pick<Storage, "listSubscriptions" | "listDeafSpots" | "listConversations">;

/** Reads every subscription and conversation: who asks often is told what was counted lately. */
const COUNTED_ANEW_MS = 15_000;

export function createEarCounter(needs: {
  readonly storage: Known;
  readonly edges: Pick<Edges, "now">;
}): () => Promise<EarCounts> {
  const { storage, edges } = needs;
  let last: { readonly counts: EarCounts; readonly at: number } | null = null;
  return async () => {
    const now = edges.now();
    if (last === null || now - last.at >= COUNTED_ANEW_MS) {
      last = { counts: await countEars(storage, now), at: now };
    }
    return last.counts;
  };
}

async function countEars(storage: Known, now: number): Promise<EarCounts> {
  const records = await storage.listSubscriptions({});
  const spots = await storage.listDeafSpots({});
  const conversations = await storage.listConversations({});
  const states = records.map((record) => readSubscriptionState(record, now));
  const expiries = records.map(({ expiresAt }) => expiresAt).filter((expiresAt) => expiresAt > now);
  const countSpots = (state: DeafSpot["state"]) => spots.filter((spot) => spot.state === state).length;
  return {
    subscriptions: Object.fromEntries(
      SUBSCRIPTION_STATES.map((state) => [state, states.filter((one) => one === state).length]),
    ) as Record<SubscriptionState, number>,
    unreported: {
      deaf: countSpots("deaf"),
      "bot-framework": countSpots("bot-framework"),
      polled: countSpots("polled"),
    },
    gaps: conversations.filter(({ gap }) => gap !== null).length,
    firstExpiryMs: expiries.length === 0 ? null : expiries.reduce((a, b) => Math.min(a, b)) - now,
  };
}
