/**
 * What Earshot keeps. One contract for every engine; each operation is durable when its promise resolves, and throws
 * `storage-unavailable` when it could not be made so.
 */
import type { NotificationId, SubscriptionKey } from "../model/ids.ts";
import type { Ear, MessageAddress } from "../model/trace.ts";

export interface Storage {
  /** Answers, item by item, whether it is new. A message already known by its key is a duplicate. */
  addNotifications(notifications: readonly NewNotification[]): Promise<readonly ("stored" | "duplicate")[]>;
  /**
   * Claims at most `limit` notifications that are due at `now` (epoch ms): of each conversation the earliest alone,
   * and none while another of the same conversation is claimed.
   */
  claimNotifications(claim: { limit: number; now: number }): Promise<readonly Claim[]>;
  /** Handled: the sealed content goes, the key stays so that a late duplicate is known. */
  completeNotification(done: { id: NotificationId; now: number }): Promise<void>;
  /** Back to waiting until `dueAt` (epoch ms). */
  retryNotification(retry: { id: NotificationId; dueAt: number; code: string }): Promise<void>;
  /** Set aside, still sealed, with the reason. Later ones of its conversation go on. */
  parkNotification(parked: { id: NotificationId; now: number; code: string }): Promise<void>;
  /**
   * At the start: what was claimed when the program stopped waits again; answers how many. So does what was parked
   * for want of a key, which may have come back.
   */
  releaseClaims(): Promise<number>;
  /**
   * Epoch ms, later than `now`, at which the next waiting notification is due, or null. What was due by `now` and was
   * not claimed waits for another of its conversation: one in hand, or one that is due later.
   */
  readNextDue(after: { now: number }): Promise<number | null>;
  /** Of one tenant, or of all. */
  readCounts(filter: { tenantId?: string }): Promise<InboxCounts>;

  /** Writes that an action is intended, unless the ledger has it; answers what it had. */
  beginAction(action: ActionKey & { now: number }): Promise<ActionState | "new">;
  /** Writes what became of an intended action. */
  settleAction(action: ActionKey & { state: "sent" | "refused"; now: number }): Promise<void>;
  /** It surely was not sent: forget the intention, so that it may be tried again. */
  withdrawAction(action: ActionKey): Promise<void>;

  /** Inserts or replaces the place with the same tenant and id. */
  savePlace(place: InstalledPlace): Promise<void>;
  removePlace(place: { tenantId: string; placeId: string }): Promise<void>;
  findPlace(place: { tenantId: string; placeId: string }): Promise<InstalledPlace | null>;
  /** The place of a tenant that was heard of last. */
  findNewestPlace(tenant: { tenantId: string }): Promise<InstalledPlace | null>;
  /** Teams and chats: what can be subscribed to. Personal talks, one a user, are not among them. */
  listPlaces(filter: { tenantId?: string }): Promise<readonly InstalledPlace[]>;

  /** Inserts or replaces by key. */
  saveSubscription(subscription: SubscriptionRecord): Promise<void>;
  removeSubscription(subscription: { key: SubscriptionKey }): Promise<void>;
  listSubscriptions(filter: { tenantId?: string }): Promise<readonly SubscriptionRecord[]>;

  close(): Promise<void>;
}

export interface NewNotification {
  readonly ear: Ear;
  readonly message: MessageAddress;
  readonly changeType: "created" | "updated" | "deleted";
  /** JSON of the sealed content, as it came. */
  readonly sealed: string;
  readonly receivedAt: number;
}

export interface Claim {
  readonly id: NotificationId;
  readonly ear: Ear;
  readonly message: MessageAddress;
  readonly changeType: "created" | "updated" | "deleted";
  readonly sealed: string;
  readonly receivedAt: number;
  /** This one counted: 1 at the first try. */
  readonly attempts: number;
}

export interface InboxCounts {
  readonly waiting: number;
  readonly claimed: number;
  readonly done: number;
  readonly parked: number;
}

/** Under this key an action is done once. */
export interface ActionKey {
  readonly messageKey: string;
  readonly rule: string;
  /** Place of the action in its rule and its kind: `0:react`. */
  readonly action: string;
}
/** `intended` without more: it was being sent when we stopped, so its outcome is unknown. */
export type ActionState = "intended" | "sent" | "refused";

/** Where the app is installed: what Bot Framework told us of it, and so the way back. */
export interface InstalledPlace {
  readonly tenantId: string;
  /** Team: id of its General channel's thread; chat: its id; personal: `a:…`. */
  readonly placeId: string;
  readonly kind: "team" | "chat" | "personal";
  /** Entra group id, of a team. */
  readonly teamId: string | null;
  readonly name: string;
  readonly serviceUrl: string;
  readonly seenAt: number;
}

export interface SubscriptionRecord {
  readonly key: SubscriptionKey;
  readonly tenantId: string;
  /** Null from before the create is sent until Graph has answered. */
  readonly subscriptionId: string | null;
  readonly resource: string;
  /** Name a person knows it by. */
  readonly label: string;
  /** SHA-256 of the clientState, base64; the state itself is nowhere. */
  readonly clientStateDigest: string;
  readonly certificateId: string;
  readonly notificationUrl: string;
  /** As Graph returned it, epoch ms; 0 while creating. */
  readonly expiresAt: number;
  readonly renewedAt: number;
}
