/** What to do so that Graph reports what we want to hear. Pure: state in, steps out, each with its reason. */
import type { SubscriptionRecord } from "../storage/storage.ts";

/** A little under Graph's three days, so that a clock ahead of ours still takes it. Minutes: 4,260 of 4,320. */
export const LIFE_MS = 71 * 60 * 60_000;

/** Edits and deletions too: they change or cancel an answer that is still due. */
export const CHANGE_TYPES = "created,updated,deleted";

export interface Wanted {
  /** As Graph is asked for it, with a leading slash. */
  readonly resource: string;
  readonly label: string;
}

export type Step =
  | { readonly kind: "create"; readonly wanted: Wanted; readonly reason: "not-subscribed" | "expired" }
  | { readonly kind: "renew"; readonly record: SubscriptionRecord; readonly reason: "half-life" }
  | {
      readonly kind: "replace";
      readonly record: SubscriptionRecord;
      readonly wanted: Wanted;
      readonly reason: "address-changed" | "changes-differ" | "create-unanswered";
    }
  | { readonly kind: "delete"; readonly record: SubscriptionRecord; readonly reason: "not-wanted" };

export function planSubscriptions(state: {
  wanted: readonly Wanted[];
  known: readonly SubscriptionRecord[];
  notificationUrl: string;
  now: number;
}): Step[] {
  const { known, notificationUrl, now } = state;
  // Graph has one subscription a resource, however often it is wished for.
  const wanted = [...new Map(state.wanted.map((each) => [each.resource, each])).values()];
  const byResource = new Map(known.map((record) => [record.resource, record]));
  const steps = wanted.flatMap((each): Step[] => {
    const record = byResource.get(each.resource);
    if (!record) return [{ kind: "create", wanted: each, reason: "not-subscribed" }];
    // We stopped between asking and the answer: Graph may have made it, under an id that we never learned.
    if (record.subscriptionId === null) {
      return [{ kind: "replace", record, wanted: each, reason: "create-unanswered" }];
    }
    if (record.expiresAt <= now) return [{ kind: "create", wanted: each, reason: "expired" }];
    if (record.notificationUrl !== notificationUrl) {
      return [{ kind: "replace", record, wanted: each, reason: "address-changed" }];
    }
    if (record.changeTypes !== CHANGE_TYPES) {
      return [{ kind: "replace", record, wanted: each, reason: "changes-differ" }];
    }
    return readRenewalTime(record) <= now ? [{ kind: "renew", record, reason: "half-life" }] : [];
  });
  const isWanted = new Set(wanted.map(({ resource }) => resource));
  const leftOver = known.filter(({ resource }) => !isWanted.has(resource));
  return [...steps, ...leftOver.map((record): Step => ({ kind: "delete", record, reason: "not-wanted" }))];
}

/** Half of the life that Graph granted, by the expiry it returned. */
export function readRenewalTime({ renewedAt, expiresAt }: SubscriptionRecord): number {
  return renewedAt + (expiresAt - renewedAt) / 2;
}
