/** A subscription as Graph answers it, and as the emulated Graph keeps it. */
import type { MessageQuery } from "./message-query.ts";
import type { SealingCertificate } from "./seal-content.ts";

/**
 * Without `clientState` and certificate, which Graph does not give back.
 * Source: https://learn.microsoft.com/graph/api/resources/subscription
 */
export interface SubscriptionResource {
  readonly id: string;
  readonly resource: string;
  readonly applicationId: string;
  readonly changeType: string;
  readonly clientState: null;
  readonly notificationUrl: string;
  readonly lifecycleNotificationUrl: string | null;
  readonly expirationDateTime: string;
  readonly creatorId: string;
  readonly includeResourceData: boolean;
  readonly latestSupportedTlsVersion: string;
  readonly encryptionCertificate: null;
  readonly encryptionCertificateId: string | null;
  readonly notificationQueryOptions: null;
  readonly notificationUrlAppId: null;
}

/** What a subscription listens to. One a scope: whatever else it asks for, a second is a duplicate. */
export type SubscriptionScope =
  | { readonly kind: "installed-chats"; readonly catalogAppId: string }
  | { readonly kind: "all-chats" }
  | { readonly kind: "user-chats"; readonly userId: string }
  | { readonly kind: "chat"; readonly chatId: string }
  | { readonly kind: "all-channels" }
  | { readonly kind: "channel"; readonly teamId: string; readonly channelId: string }
  /** Below: not what is said, but the places themselves. */
  | { readonly kind: "teams" }
  | { readonly kind: "team"; readonly teamId: string }
  | { readonly kind: "channel-list" }
  | { readonly kind: "team-channel-list"; readonly teamId: string };

/** Part of the API that a call was made to: some permissions do in one and not in the other. */
export type GraphVersion = "v1.0" | "beta";

export interface Subscription {
  readonly organisationId: string;
  readonly scope: SubscriptionScope;
  /** Which of the messages; null: all. */
  readonly query: MessageQuery | null;
  /** Where it was made. */
  readonly version: GraphVersion;
  readonly resource: SubscriptionResource;
  readonly expiresAtMs: number;
  readonly clientState: string | null;
  /** Null where the subscriber wants no content. */
  readonly certificate: SealingCertificate | null;
}
