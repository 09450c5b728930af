import type { GapReason, HeardConversation } from "../storage/heard-conversation.ts";
import type { Storage } from "../storage/storage.ts";
import type { DeafSpot, SubscriptionRecord } from "../storage/subscription-record.ts";
import {
  readSubscriptionState,
  SUBSCRIPTION_STATES,
  type SubscriptionState,
} from "../subscriptions/subscription-state.ts";

/**
 * How the bot listens, as its database has it; `--json` prints exactly this. Instants are ISO 8601 in UTC, a place is
 * the name by which people know it.
 */
export interface SubscriptionsReport {
  readonly readAt: string;
  /** When the keeper was last at work; null: never on this database. */
  readonly aliveAt: string | null;
  /** Nothing is deaf, expired or overdue. */
  readonly isWell: boolean;
  readonly counts: Readonly<Record<SubscriptionState | DeafSpot["state"] | "gaps", number>>;
  /** Those that need a look first; so are the deaf spots. */
  readonly subscriptions: readonly SubscriptionRow[];
  /** What Graph does not report to us. */
  readonly deafSpots: readonly DeafRow[];
  /** Stretches of the past that may not have been heard, and are to be read back. */
  readonly gaps: readonly GapRow[];
}

export interface SubscriptionRow {
  readonly tenantId: string;
  readonly place: string;
  readonly wantedBy: string;
  readonly state: SubscriptionState;
  /** Null while it is being made. */
  readonly subscriptionId: string | null;
  readonly resource: string;
  readonly content: SubscriptionRecord["content"];
  readonly api: SubscriptionRecord["api"];
  /** As Graph said; null while it is being made, or where Graph has removed it. */
  readonly expiresAt: string | null;
  readonly renewAt: string | null;
  /** Null: none yet. */
  readonly lastNotificationAt: string | null;
}

export interface DeafRow {
  readonly tenantId: string;
  readonly place: string;
  readonly teamId: string | null;
  readonly conversationId: string | null;
  readonly wantedBy: string;
  readonly state: DeafSpot["state"];
  readonly reason: string;
}

export interface GapRow {
  readonly tenantId: string;
  readonly place: string;
  readonly teamId: string | null;
  readonly conversationId: string;
  readonly since: string;
  readonly openedAt: string;
  readonly reason: GapReason;
  readonly failedTries: number;
  /** Code of the last failure; null: there was none. */
  readonly fault: string | null;
}

/** The bot goes on meanwhile: the lists may be moments apart. */
export async function readSubscriptionsReport(
  storage: Pick<Storage, "listSubscriptions" | "listDeafSpots" | "listConversations" | "readAlive">,
  asked: { tenantId?: string; now: number },
): Promise<SubscriptionsReport> {
  const { now, ...filter } = asked;
  const records = await storage.listSubscriptions(filter);
  const spots = await storage.listDeafSpots(filter);
  const conversations = await storage.listConversations(filter);
  const aliveAt = await storage.readAlive();

  const subscriptions = records.map((record) => describeSubscription(record, now));
  const gaps = conversations.flatMap(describeGap);
  const countSubscriptions = (state: SubscriptionState) =>
    subscriptions.filter((row) => row.state === state).length;
  const countSpots = (state: DeafSpot["state"]) => spots.filter((spot) => spot.state === state).length;
  const counts = {
    listening: countSubscriptions("listening"),
    "being-made": countSubscriptions("being-made"),
    "renewal-overdue": countSubscriptions("renewal-overdue"),
    expired: countSubscriptions("expired"),
    polled: countSpots("polled"),
    "bot-framework": countSpots("bot-framework"),
    deaf: countSpots("deaf"),
    gaps: gaps.length,
  };
  return {
    readAt: formatInstant(now),
    aliveAt: aliveAt === null ? null : formatInstant(aliveAt),
    isWell: counts.deaf + counts.expired + counts["renewal-overdue"] === 0,
    counts,
    subscriptions: subscriptions.toSorted(
      (a, b) =>
        SUBSCRIPTION_STATES.indexOf(a.state) - SUBSCRIPTION_STATES.indexOf(b.state) || compareRows(a, b),
    ),
    deafSpots: spots
      .map(describeSpot)
      .toSorted((a, b) => SPOTS.indexOf(a.state) - SPOTS.indexOf(b.state) || compareRows(a, b)),
    gaps: gaps.toSorted(compareRows),
  };
}

/** The worst first. */
const SPOTS: readonly DeafSpot["state"][] = ["deaf", "bot-framework", "polled"];
function describeSubscription(record: SubscriptionRecord, now: number): SubscriptionRow {
  const { tenantId, label, wantedBy, subscriptionId, resource, content, api } = record;
  return {
    ...{
      tenantId,
      place: label,
      wantedBy,
      state: readSubscriptionState(record, now),
      subscriptionId,
      resource,
    },
    ...{ content, api },
    expiresAt: formatKnown(record.expiresAt),
    renewAt: formatKnown(record.renewAt),
    lastNotificationAt: formatKnown(record.heardAt),
  };
}

function describeSpot({ label, ...spot }: DeafSpot): DeafRow {
  const { tenantId, teamId, conversationId, wantedBy, state, reason } = spot;
  return { tenantId, place: label, teamId, conversationId, wantedBy, state, reason };
}

function describeGap(conversation: HeardConversation): GapRow[] {
  const { tenantId, label, teamId, conversationId, heardUntil, openedAt, gap, attempts, fault } =
    conversation;
  if (gap === null) return [];
  const [since, opened] = [formatInstant(heardUntil), formatInstant(openedAt)];
  return [
    {
      ...{ tenantId, place: label, teamId, conversationId },
      ...{ since, openedAt: opened, reason: gap, failedTries: attempts, fault },
    },
  ];
}

function compareRows(a: { tenantId: string; place: string }, b: { tenantId: string; place: string }): number {
  return a.tenantId.localeCompare(b.tenantId) || a.place.localeCompare(b.place);
}

/** Zero stands for what has not been. */
function formatKnown(at: number): string | null {
  return at === 0 ? null : formatInstant(at);
}

/** `2026-11-23T10:40:00Z` */
function formatInstant(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
}
