/** A subscription as Graph answers it, and as the emulated Graph keeps it. */
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

/** What a subscription listens to. */
export type SubscriptionScope =
  | { readonly kind: "installed-chats"; readonly catalogAppId: string }
  | { readonly kind: "channel"; readonly teamId: string; readonly channelId: string }
  | { readonly kind: "chat"; readonly chatId: string };

export interface Subscription {
  readonly organisationId: string;
  readonly scope: SubscriptionScope;
  readonly resource: SubscriptionResource;
  readonly expiresAtMs: number;
  readonly clientState: string | null;
  /** Null where the subscriber wants no content. */
  readonly certificate: SealingCertificate | null;
}
