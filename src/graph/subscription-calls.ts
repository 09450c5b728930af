/** Source: https://learn.microsoft.com/graph/api/resources/subscription */
import { EarshotError } from "../errors.ts";
import type { GraphApi, GraphTenant } from "./graph-client.ts";
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
  /** Null: notifications come without the message. */
  readonly certificate: SubscriptionCertificate | null;
  readonly api: GraphApi;
}

export interface SubscriptionCertificate {
  readonly id: string;
  readonly derBase64: string;
}

/** Both URLs are validated before this answers, so our listener must be up. */
export async function createSubscription(
  graph: GraphTenant,
  wanted: NewSubscription,
): Promise<GraphSubscription> {
  const { certificate } = wanted;
  const body = {
    changeType: wanted.changeTypes,
    resource: wanted.resource,
    notificationUrl: wanted.notificationUrl,
    lifecycleNotificationUrl: wanted.lifecycleNotificationUrl,
    expirationDateTime: new Date(wanted.expiresAt).toISOString(),
    clientState: wanted.clientState,
    includeResourceData: certificate !== null,
    ...formatCertificate(certificate),
  };
  const answer = graph.post("/subscriptions", body, wanted.api);
  return parseSubscription(await explainHandshake(answer, wanted.notificationUrl));
}

export interface Renewal {
  readonly subscriptionId: string;
  readonly expiresAt: number;
  /** Another one than before, else null: Graph asks a new address for a handshake. */
  readonly notificationUrl: string | null;
  /** Another one than before, else null. */
  readonly certificate: SubscriptionCertificate | null;
  readonly api: GraphApi;
}

/** Renews, and reauthorizes in the same stroke. */
export async function renewSubscription(graph: GraphTenant, renewal: Renewal): Promise<GraphSubscription> {
  const body = {
    expirationDateTime: new Date(renewal.expiresAt).toISOString(),
    ...(renewal.notificationUrl === null ? {} : { notificationUrl: renewal.notificationUrl }),
    ...formatCertificate(renewal.certificate),
  };
  const answer = graph.patch(formatPath(renewal.subscriptionId), body, renewal.api);
  return parseSubscription(await explainHandshake(answer, renewal.notificationUrl));
}

/**
 * A tunnel that is not up yet, or the wrong address: no refusal that stands, but one to be mended and tried again.
 * Wording: https://github.com/microsoftgraph/microsoft-graph-docs/issues/5554
 */
async function explainHandshake(answer: Promise<unknown>, address: string | null): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    const isHandshake =
      error instanceof EarshotError &&
      error.code === "graph-refused" &&
      /subscription validation request/i.test(error.message);
    if (!isHandshake) throw error;
    throw new EarshotError(
      "endpoint-unreachable",
      `Graph asked ${address ?? "our address"} for a handshake and got none. Is the tunnel or gateway up, does it lead to PORT, and is BOT_ENDPOINT right? (${error.message})`,
      { cause: error },
    );
  }
}

export async function deleteSubscription(
  graph: GraphTenant,
  { subscriptionId, api }: { subscriptionId: string; api: GraphApi },
): Promise<void> {
  await graph.delete(formatPath(subscriptionId), api);
}

/** All of our app in this tenant. The call that Graph allows least often. */
export async function listSubscriptions(graph: GraphTenant): Promise<GraphSubscription[]> {
  return (await graph.list("/subscriptions")).map(parseSubscription);
}

function formatPath(subscriptionId: string): string {
  return `/subscriptions/${encodeURIComponent(subscriptionId)}`;
}

function formatCertificate(certificate: SubscriptionCertificate | null): object {
  return certificate === null
    ? {}
    : { encryptionCertificate: certificate.derBase64, encryptionCertificateId: certificate.id };
}

/** A 409 names the subscription that stands in the way; null where the text holds no id. */
export function readConflictingId(message: string): string | null {
  return /Subscription Id <?([0-9a-f-]{36})>? already exists/i.exec(message)?.[1] ?? null;
}
