/** What to do so that Graph reports what we want to hear. Pure: state in, steps out, each with its reason. */
import type { GraphSubscription } from "../wire/graph-answers.ts";
import type { SubscriptionRecord } from "../storage/subscription-record.ts";
import { PATCH_FLOOR_MS, readNextTime } from "./renewal.ts";

/** Edits and deletions too: they change or cancel an answer that is still due. */
export const CHANGE_TYPES = "created,updated,deleted";

export type Wanted = Pick<
  SubscriptionRecord,
  /** With a leading slash, as Graph is asked for it. */
  "resource" | "label" | "wantedBy" | "changeTypes" | "content" | "api"
>;

/** Where Graph is to send what it has to tell. */
export interface Addresses {
  readonly notification: string;
  readonly lifecycle: string;
}

export type Step =
  | {
      readonly kind: "create";
      readonly wanted: Wanted;
      /** Ours until now, of which Graph knows nothing more. */
      readonly lost: SubscriptionRecord | null;
      readonly reason: "not-subscribed" | "expired" | "removed" | "gone" | "create-unanswered";
    }
  | {
      /** We asked for it, and stopped before the answer: it is known by the clientState that we wrote down. */
      readonly kind: "adopt";
      readonly record: SubscriptionRecord;
      readonly listed: GraphSubscription;
      readonly reason: "create-unanswered";
    }
  | {
      readonly kind: "renew";
      readonly record: SubscriptionRecord;
      readonly reason: "due" | "address-changed" | "key-lost";
    }
  | {
      readonly kind: "replace";
      readonly record: SubscriptionRecord;
      readonly wanted: Wanted;
      readonly reason: "address-changed" | "lifecycle-address-changed" | "changes-differ" | "key-lost";
    }
  | { readonly kind: "delete"; readonly record: SubscriptionRecord; readonly reason: "not-wanted" | "twice" }
  | {
      /** At our own address and known to nobody: what it brings is refused. */
      readonly kind: "delete-orphan";
      readonly listed: GraphSubscription;
      readonly reason: "orphan";
    };

export interface PlanState {
  readonly wanted: readonly Wanted[];
  readonly known: readonly SubscriptionRecord[];
  /** All of our app in this tenant, as Graph listed them; null where it was not asked. */
  readonly listed: { readonly subscriptions: readonly GraphSubscription[]; readonly at: number } | null;
  readonly addresses: Addresses;
  /** Whether we have the key of a certificate. */
  readonly hasKey: (certificateId: string) => boolean;
  readonly now: number;
}

/** Younger than this, a subscription need not be in Graph's list yet. */
const LIST_LAG_MS = 60_000;

/** Orphans go first: they stand in the way of what is to be made. */
export function planSubscriptions(state: PlanState): Step[] {
  // Graph has one subscription a resource, however often it is wished for.
  const wanted = new Map(state.wanted.map((each) => [each.resource.toLowerCase(), each]));
  const known = chooseKnown(state.known);
  const steps = [...wanted].flatMap(([resource, each]): Step[] => {
    const step = planWanted(each, known.get(resource) ?? null, state);
    return step ? [step] : [];
  });
  const leftOver = state.known.flatMap((record): Step[] => {
    const resource = record.resource.toLowerCase();
    const chosen = known.get(resource);
    if (!wanted.has(resource)) return [{ kind: "delete", record, reason: "not-wanted" }];
    // Of several that were not answered each is needed until it is clear what became of them.
    const isUnclear = chosen?.subscriptionId === null && record.subscriptionId === null;
    return chosen === record || isUnclear ? [] : [{ kind: "delete", record, reason: "twice" }];
  });
  return [...planOrphans(state, wanted), ...leftOver, ...steps];
}

/** Of several that we wrote down for one resource the one that Graph answered, and that lasts longest. */
function chooseKnown(records: readonly SubscriptionRecord[]): Map<string, SubscriptionRecord> {
  const best = new Map<string, SubscriptionRecord>();
  const isBetter = (a: SubscriptionRecord, b: SubscriptionRecord) =>
    a.expiresAt === b.expiresAt ? a.key < b.key : a.expiresAt > b.expiresAt;
  for (const record of records) {
    const resource = record.resource.toLowerCase();
    const other = best.get(resource);
    if (!other || isBetter(record, other)) best.set(resource, record);
  }
  return best;
}

function planWanted(wanted: Wanted, record: SubscriptionRecord | null, state: PlanState): Step | null {
  const { addresses, now, listed } = state;
  if (!record) return { kind: "create", wanted, lost: null, reason: "not-subscribed" };
  if (record.subscriptionId === null) return planUnanswered(wanted, record, state);
  const create = (reason: "expired" | "removed" | "gone"): Step => ({
    kind: "create",
    wanted,
    lost: record,
    reason,
  });
  if (record.expiresAt === 0) return create("removed");
  if (record.expiresAt <= now) return create("expired");
  const isListed = listed?.subscriptions.some(({ id }) => id === record.subscriptionId);
  if (isListed === false && record.renewedAt < (listed?.at ?? 0) - LIST_LAG_MS) return create("gone");

  const { changeTypes, content, api } = record;
  if (changeTypes !== wanted.changeTypes || content !== wanted.content || api !== wanted.api) {
    return { kind: "replace", record, wanted, reason: "changes-differ" };
  }
  const mayPatch = now - record.patchedAt >= PATCH_FLOOR_MS;
  if (record.notificationUrl !== addresses.notification) {
    return mayPatch
      ? { kind: "renew", record, reason: "address-changed" }
      : { kind: "replace", record, wanted, reason: "address-changed" };
  }
  if (content === "encrypted" && !state.hasKey(record.certificateId)) {
    return mayPatch
      ? { kind: "renew", record, reason: "key-lost" }
      : { kind: "replace", record, wanted, reason: "key-lost" };
  }
  // Graph takes no other address for lifecycle events: it is made anew, but not all of a move at once.
  if (record.lifecycleUrl !== addresses.lifecycle && mayPatch) {
    return { kind: "replace", record, wanted, reason: "lifecycle-address-changed" };
  }
  if (record.renewAt > now) return null;
  return mayPatch ? { kind: "renew", record, reason: "due" } : null;
}

/** When the plan has a step for a record again, if nothing else happens. */
export function readDueTime(record: SubscriptionRecord, addresses: Addresses): number {
  const isMoving = record.subscriptionId !== null && record.lifecycleUrl !== addresses.lifecycle;
  const dueAt = readNextTime(record);
  return isMoving ? Math.min(dueAt, record.patchedAt + PATCH_FLOOR_MS) : dueAt;
}

/** We stopped between asking and the answer, or the answer was lost: only Graph's list tells what became of it. */
function planUnanswered(
  wanted: Wanted,
  record: SubscriptionRecord,
  { listed, addresses, known }: PlanState,
): Step | null {
  if (!listed) return null;
  // Asked twice without an answer, nobody can tell whose clientState it has: then none is trusted.
  const asked = known.filter(
    ({ subscriptionId, resource }) =>
      subscriptionId === null && resource.toLowerCase() === record.resource.toLowerCase(),
  );
  const found = listed.subscriptions.find(
    ({ resource, notificationUrl }) =>
      isSameResource(resource, record.resource) && notificationUrl === record.notificationUrl,
  );
  const isAsWanted = record.notificationUrl === addresses.notification;
  if (found && isAsWanted && asked.length === 1)
    return { kind: "adopt", record, listed: found, reason: "create-unanswered" };
  return { kind: "create", wanted, lost: record, reason: "create-unanswered" };
}

/** Another program may share our app: what is not at our address is not ours to touch. */
function planOrphans({ known, listed, addresses }: PlanState, wanted: ReadonlyMap<string, Wanted>): Step[] {
  const ids = new Set(known.map(({ subscriptionId }) => subscriptionId));
  const awaited = known.filter(
    ({ subscriptionId, resource }) => subscriptionId === null && wanted.has(resource.toLowerCase()),
  );
  return (listed?.subscriptions ?? [])
    .filter(({ id, notificationUrl }) => !ids.has(id) && notificationUrl === addresses.notification)
    .filter(({ resource }) => !awaited.some((record) => isSameResource(resource, record.resource)))
    .map((subscription) => ({ kind: "delete-orphan", listed: subscription, reason: "orphan" }));
}

/** Graph may give a resource back without its leading slash. */
function isSameResource(a: string, b: string): boolean {
  return a.replace(/^\/+/, "").toLowerCase() === b.replace(/^\/+/, "").toLowerCase();
}
