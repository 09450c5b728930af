/** What is kept of our subscriptions, of what they cannot bring, and of what the keeper is asked to look at. */
import type { SubscriptionKey } from "../model/ids.ts";

export interface SubscriptionRecord {
  readonly key: SubscriptionKey;
  readonly tenantId: string;
  /** Null from before the create is sent until Graph has answered. */
  readonly subscriptionId: string | null;
  readonly resource: string;
  /** `created,updated,deleted`, as asked of Graph. */
  readonly changeTypes: string;
  /** Name a person knows it by. */
  readonly label: string;
  /** Why it is wanted: the entry of `listen:`. */
  readonly wantedBy: string;
  /** SHA-256 of the clientState, base64; the state itself is nowhere. */
  readonly clientStateDigest: string;
  /** Whether notifications bring the message sealed, or it is read when it is opened. */
  readonly content: "encrypted" | "fetch";
  /** Empty where the content is fetched. */
  readonly certificateId: string;
  readonly api: "v1.0" | "beta";
  readonly notificationUrl: string;
  /** Graph lets no one change it. */
  readonly lifecycleUrl: string;
  /** As Graph returned it, epoch ms; 0 while creating. */
  readonly expiresAt: number;
  /** When Graph last confirmed it. */
  readonly renewedAt: number;
  /** When it is to be renewed. */
  readonly renewAt: number;
  /** When Graph last took a change of it; 0: never. */
  readonly patchedAt: number;
  /** When it last brought something; 0: never. */
  readonly heardAt: number;
}

/** What has no time set here keeps its own. */
export type HastenedSubscription = Pick<SubscriptionRecord, "key"> &
  Partial<Pick<SubscriptionRecord, "expiresAt" | "renewAt">>;

/** `teamId` (Entra group id) null: the whole tenant. */
export interface LookAddress {
  readonly tenantId: string;
  readonly teamId: string | null;
}

/** What Graph does not report to us, and what that means, in words for people. */
export interface DeafSpot {
  readonly tenantId: string;
  readonly label: string;
  /** Entra group id. */
  readonly teamId: string | null;
  /** Where the spot is one channel or chat. */
  readonly conversationId: string | null;
  /** `polled`: read regularly instead; `bot-framework`: that ear alone; `deaf`: not at all. */
  readonly state: "polled" | "bot-framework" | "deaf";
  readonly wantedBy: string;
  readonly reason: string;
  /** The resource that Graph refused, and when it is asked again, epoch ms; null: it was not asked. */
  readonly refused: { readonly resource: string; readonly askAgainAt: number } | null;
}
