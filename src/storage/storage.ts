/**
 * What Earshot keeps. One contract for every engine; each operation is durable when its promise resolves, and throws
 * `storage-unavailable` when it could not be made so.
 */
import type { NotificationId, SubscriptionKey } from "../model/ids.ts";
import type { ChangeType, ConversationAddress, Ear, MessageAddress } from "../model/trace.ts";
import type {
  GapReason,
  HeardConversation,
  LearntConversation,
  NewConversation,
} from "./heard-conversation.ts";
import type {
  DeafSpot,
  HastenedSubscription,
  LookAddress,
  SubscriptionRecord,
} from "./subscription-record.ts";

export interface Storage {
  /**
   * Answers, item by item, whether it is new. A notification is one by tenant, conversation, thread, message, version
   * and change. Where the other ear brought it first, the answer to its first copy is `second-ear`: that copy is kept
   * as a spare until the first is handled, and takes its place at once where the first is parked as unreadable.
   * A deletion takes the content of the message's other notifications along: those that wait or are parked are done.
   */
  addNotifications(notifications: readonly NewNotification[]): Promise<readonly StoreResult[]>;
  /**
   * Claims at most `limit` notifications that are due at `now` (epoch ms): of each conversation the earliest alone,
   * and none while another of the same conversation is claimed, by whichever instance. A claim is held by the opening
   * of the database that made it; what another one holds cannot be settled. A tool is given nothing.
   */
  claimNotifications(claim: { limit: number; now: number }): Promise<readonly Claim[]>;
  /** Handled: the sealed content goes, the key stays (but for an edit) so that a late duplicate is known. */
  completeNotification(done: { id: NotificationId; now: number }): Promise<void>;
  /** Back to waiting until `dueAt` (epoch ms). Where the wait is our own wish, the attempt is not counted. */
  retryNotification(retry: {
    id: NotificationId;
    dueAt: number;
    code: string;
    isCounted: boolean;
  }): Promise<void>;
  /**
   * Set aside, still sealed, with the reason; later ones of its conversation go on. Answers `spare` where it could not
   * be read and the other ear's copy takes its place instead: it waits again, anew.
   */
  parkNotification(parked: { id: NotificationId; now: number; code: string }): Promise<"parked" | "spare">;
  /**
   * What is held by an instance that is gone, or by nobody who knows of it, waits again; answers how many. What was cut
   * short is no attempt: however often a bot dies, its messages lose none of theirs.
   */
  releaseClaims(): Promise<number>;
  /** Edits of a message that wait to be handled, oldest first, and whether it was deleted. */
  readLaterChanges(message: MessageAddress): Promise<LaterChanges>;
  /** What was set aside and fits waits again, with all its attempts; answers how many. */
  replayParked(filter: ParkedFilter): Promise<number>;
  /** The longest parked first. */
  listParked(filter: ParkedFilter & { limit: number }): Promise<readonly ParkedNotification[]>;
  /**
   * Epoch ms, later than `now`, at which the next waiting notification is due, or null. What was due by `now` and was
   * not claimed waits for another of its conversation: one in hand, or one that is due later.
   */
  readNextDue(after: { now: number }): Promise<number | null>;
  /** Of one tenant, or of all. */
  readCounts(filter: { tenantId?: string }): Promise<InboxCounts>;
  /** The certificates to which what waits, is in hand or is parked is sealed, spares too. Reads all of that. */
  listNeededCertificates(): Promise<readonly NeededCertificate[]>;

  /** Writes that an action is intended, unless the ledger has it; answers what it had, null: nothing. */
  beginAction(action: ActionKey & { now: number }): Promise<LedgerEntry | null>;
  /** Writes what became of an intended action. `sentId`: the id that Teams gave our reply. */
  settleAction(
    action: ActionKey & { state: "sent" | "refused" | "unknown"; sentId: string | null; now: number },
  ): Promise<void>;
  /** It surely was not sent: forget the intention, so that it may be tried again. */
  withdrawAction(action: ActionKey): Promise<void>;
  /** Ids of the replies in a conversation that the ledger has as sent. */
  readSentIds(conversation: ConversationAddress): Promise<ReadonlySet<string>>;

  /** Deletes all that is kept of what was said in a conversation: notifications, in whatever state, and ledger. */
  eraseConversation(conversation: ConversationAddress): Promise<void>;
  /**
   * Deletes what is older than these instants (epoch ms): what was handled, with its ledger, and what was parked. At
   * most some thousands at a time; answers how many notifications went.
   */
  prune(age: { doneBefore: number; parkedBefore: number }): Promise<{ done: number; parked: number }>;

  /** Inserts or replaces the place with the same tenant and id. */
  savePlace(place: InstalledPlace): Promise<void>;
  removePlace(place: { tenantId: string; placeId: string }): Promise<void>;
  findPlace(place: { tenantId: string; placeId: string }): Promise<InstalledPlace | null>;
  /** The place of a tenant whose address was learnt last. */
  findNewestPlace(tenant: { tenantId: string }): Promise<InstalledPlace | null>;
  /** Teams and chats: what can be subscribed to. Personal talks, one a user, are not among them. */
  listPlaces(filter: { tenantId?: string }): Promise<readonly InstalledPlace[]>;

  /** Inserts or replaces by key; when it last brought something is not set back. */
  saveSubscription(subscription: SubscriptionRecord): Promise<void>;
  removeSubscription(subscription: { key: SubscriptionKey }): Promise<void>;
  listSubscriptions(filter: { tenantId?: string }): Promise<readonly SubscriptionRecord[]>;
  /** It expires, or is renewed, no later than said (epoch ms), and nothing else of it changes. */
  hastenSubscription(subscription: HastenedSubscription): Promise<void>;
  /** When a subscription last brought something (epoch ms); an instant before the one that is known changes nothing. */
  noteHeard(heard: readonly { readonly key: SubscriptionKey; readonly at: number }[]): Promise<void>;
  /** Those with one of these ids at Graph, and those without an id yet whose clientState has one of these digests. */
  findSubscriptions(asked: {
    subscriptionIds: readonly string[];
    clientStateDigests: readonly string[];
  }): Promise<readonly SubscriptionRecord[]>;

  /** True while this instance is the one keeper of the database; another's death frees the place. Never for a tool. */
  tryLead(): Promise<boolean>;
  /** For the keeper, whichever instance it is: something changed in this team, or anywhere in this tenant. */
  askForLook(place: LookAddress): Promise<void>;
  /** What was asked for since the last time. */
  takeLooks(): Promise<readonly LookAddress[]>;

  /** What cannot be heard in a tenant takes the place of what was said before. */
  saveDeafSpots(tenant: { tenantId: string; spots: readonly DeafSpot[] }): Promise<void>;
  listDeafSpots(filter: { tenantId?: string }): Promise<readonly DeafSpot[]>;

  /** The keeper was at work at this instant (epoch ms). */
  noteAlive(beat: { now: number }): Promise<void>;
  /** The last instant so noted, by whichever instance; null: never. */
  readAlive(): Promise<number | null>;

  /**
   * Conversations that are to be heard. A new one has its past since `heardUntil` read back; of one that is known, team,
   * label and whether it is polled are brought up to date, and no more.
   */
  saveConversations(conversations: readonly NewConversation[]): Promise<void>;
  /** Heard through a subscription to many, and read for the first time at `dueAt`. Of one that is known nothing changes. */
  learnConversations(conversations: readonly LearntConversation[]): Promise<void>;
  /**
   * Something may have been missed since `heardUntil` in these conversations, or in all that are known of a tenant, or
   * of all tenants. A gap that is open keeps its own, earlier, beginning; a closed one begins no earlier than the
   * watermark; of one that is polled nothing was told since its watermark anyway. Until `holdUntil` (epoch ms) what
   * waits in them is not claimed, so that it is handled in order.
   */
  openGaps(gaps: {
    tenantId?: string;
    conversationIds?: readonly string[];
    heardUntil: number;
    reason: GapReason;
    now: number;
    holdUntil: number;
  }): Promise<void>;
  listConversations(filter: { tenantId?: string }): Promise<readonly HeardConversation[]>;
  /**
   * Those to be read by `now`, but of these tenants none: first what is polled, then gaps, then what is swept; of each
   * the longest due first.
   */
  listDueConversations(due: {
    now: number;
    limit: number;
    exceptTenants: readonly string[];
  }): Promise<readonly HeardConversation[]>;
  /** How far a reading has come, and when it goes on. False where the conversation is not kept any more. */
  saveReading(
    reading: ConversationAddress & {
      cursor: string | null;
      attempts: number;
      fault: string | null;
      dueAt: number;
    },
  ): Promise<boolean>;
  /**
   * All until `heardUntil` was read: the gap is closed, unless it was opened anew (`openedAt`) while being read. What
   * was held is claimed again. `dueAt`: the next reading.
   */
  finishReading(
    reading: ConversationAddress & {
      openedAt: number;
      heardUntil: number;
      dueAt: number;
      pollMs: number | null;
      cursor: string | null;
    },
  ): Promise<void>;
  /**
   * Something may have been granted: what Graph would not let us read of this team, or anywhere in this tenant, is read
   * again at `dueAt` (epoch ms), unless it is due before.
   */
  retryRefusedReadings(refused: LookAddress & { dueAt: number }): Promise<void>;
  removeConversations(conversations: readonly ConversationAddress[]): Promise<void>;

  close(): Promise<void>;
}

/** `second-ear`: known, and this is the first copy by the other ear. */
export type StoreResult = "stored" | "duplicate" | "second-ear";

/** Codes under which a notification is parked because its content cannot be read; another copy may be. */
export const UNREADABLE_CODES: readonly string[] = ["content-not-openable", "key-missing", "wire-shape"];

/** Faults of a reading that may be over with what is granted: Graph does not find what it may not show, either. */
export const REFUSED_CODES: readonly string[] = ["graph-forbidden", "graph-not-found"];

export interface NewNotification {
  readonly ear: Ear;
  readonly message: MessageAddress;
  readonly changeType: ChangeType;
  /**
   * Tells edits of a message apart. A message is created once and deleted once, so there it is the message's id,
   * whichever ear brings it.
   */
  readonly version: string;
  /** JSON of the sealed content, as it came; empty where a deletion has none. */
  readonly sealed: string;
  readonly receivedAt: number;
}

export interface LaterChanges {
  readonly isDeleted: boolean;
  readonly edits: readonly { readonly ear: Ear; readonly sealed: string }[];
}

export interface ParkedFilter {
  readonly tenantId?: string;
  readonly code?: string;
  readonly id?: NotificationId;
}

export interface ParkedNotification {
  readonly id: NotificationId;
  readonly ear: Ear;
  readonly message: MessageAddress;
  readonly changeType: ChangeType;
  readonly code: string;
  readonly receivedAt: number;
  readonly parkedAt: number;
}

export interface Claim {
  readonly id: NotificationId;
  readonly ear: Ear;
  readonly message: MessageAddress;
  readonly changeType: ChangeType;
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

export interface NeededCertificate {
  readonly certificateId: string;
  /** How many there are that are sealed to it. */
  readonly notifications: number;
}

/** Under this key an action is done once. */
export interface ActionKey {
  readonly messageKey: string;
  readonly rule: string;
  /** Place of the action in its rule and its kind: `0:react`. */
  readonly action: string;
}
/** `intended` without more: it was being sent when we stopped. `unknown`: it was sent, and the answer told nothing. */
export type ActionState = "intended" | "unknown" | "sent" | "refused";

export interface LedgerEntry {
  readonly state: ActionState;
  readonly intendedAt: number;
  /** When the state was written; null while `intended`. */
  readonly settledAt: number | null;
}

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
  /** When we first heard of it, epoch ms: what was said before is not ours to hear. */
  readonly installedAt: number;
}
