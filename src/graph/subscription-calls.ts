/** Source: https://learn.microsoft.com/graph/api/resources/subscription */
import type { GraphTenant } from "./graph-client.ts";
import { parseSubscription, type GraphSubscription } from "../wire/graph-answers.ts";

export interface NewSubscription {
  readonly resource: string;
  /** `created,updated,deleted`, or fewer. */
  readonly changeTypes: string;
  readonly notificationUrl: string;
  readonly lifecycleNotificationUrl: string;
  /** Epoch ms; at most 4,320 minutes ahead. */
  readonly expiresAt: number;
  /** At most 128 characters; never given back. */
  readonly clientState: string;
  readonly certificate: { readonly id: string; readonly derBase64: string };
}

/** Both URLs are validated before this answers, so our listener must be up. */
export async function createSubscription(
  graph: GraphTenant,
  wanted: NewSubscription,
): Promise<GraphSubscription> {
  return parseSubscription(
    await graph.post("/subscriptions", {
      changeType: wanted.changeTypes,
      resource: wanted.resource,
      notificationUrl: wanted.notificationUrl,
      lifecycleNotificationUrl: wanted.lifecycleNotificationUrl,
      expirationDateTime: new Date(wanted.expiresAt).toISOString(),
      clientState: wanted.clientState,
      includeResourceData: true,
      encryptionCertificate: wanted.certificate.derBase64,
      encryptionCertificateId: wanted.certificate.id,
    }),
  );
}

/** Renews, and reauthorizes in the same stroke. */
export async function renewSubscription(
  graph: GraphTenant,
  renewal: { subscriptionId: string; expiresAt: number },
): Promise<GraphSubscription> {
  return parseSubscription(
    await graph.patch(`/subscriptions/${encodeURIComponent(renewal.subscriptionId)}`, {
      expirationDateTime: new Date(renewal.expiresAt).toISOString(),
    }),
  );
}

export async function deleteSubscription(graph: GraphTenant, subscriptionId: string): Promise<void> {
  await graph.delete(`/subscriptions/${encodeURIComponent(subscriptionId)}`);
}

/** A 409 names the subscription that stands in the way; null where the text holds no id. */
export function readConflictingId(message: string): string | null {
  return /Subscription Id <?([0-9a-f-]{36})>? already exists/i.exec(message)?.[1] ?? null;
}
