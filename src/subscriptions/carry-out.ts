/** One step of a plan, done at Graph and written down. */
import type { Edges } from "../edges.ts";
import { EarshotError, type ErrorCode } from "../errors.ts";
import type { GraphTenant } from "../graph/graph-client.ts";
import {
  createSubscription,
  deleteSubscription,
  readConflictingId,
  renewSubscription,
} from "../graph/subscription-calls.ts";
import type { SubscriptionKey } from "../model/ids.ts";
import type { SubscriptionRecord } from "../storage/storage.ts";
import type { GraphSubscription } from "../wire/graph-answers.ts";
import { digestClientState } from "./client-state.ts";
import { CHANGE_TYPES, LIFE_MS, type Step, type Wanted } from "./plan.ts";
import type { Registry } from "./registry.ts";

const CLIENT_STATE_BYTES = 32;

export interface Carrier {
  readonly registry: Registry;
  readonly edges: Edges;
  /** Where Graph sends notifications and lifecycle events. */
  readonly urls: { readonly notification: string; readonly lifecycle: string };
  /** The certificate that new subscriptions are sealed to. */
  currentCertificate(): { id: string; derBase64: string };
}

/** Throws the `graph-…` and `token-…` errors. */
export async function carryOut(
  step: Step,
  tenantId: string,
  graph: GraphTenant,
  carrier: Carrier,
): Promise<void> {
  switch (step.kind) {
    case "create":
      await create(step.wanted, tenantId, graph, carrier);
      return;
    case "replace":
      await remove(step.record, graph, carrier);
      await create(step.wanted, tenantId, graph, carrier);
      return;
    case "renew":
      await renew(step.record, graph, carrier);
      return;
    case "delete":
      await remove(step.record, graph, carrier);
  }
}

/** Written down before it is sent, so that what Graph makes of it can be told from a stranger's. */
async function create(wanted: Wanted, tenantId: string, graph: GraphTenant, carrier: Carrier): Promise<void> {
  const { registry, edges, urls } = carrier;
  const clientState = edges.randomBytes(CLIENT_STATE_BYTES).toString("base64url");
  const certificate = carrier.currentCertificate();
  const record: SubscriptionRecord = {
    key: edges.randomUuid() as SubscriptionKey,
    tenantId,
    subscriptionId: null,
    resource: wanted.resource,
    changeTypes: CHANGE_TYPES,
    label: wanted.label,
    clientStateDigest: digestClientState(clientState),
    certificateId: certificate.id,
    notificationUrl: urls.notification,
    expiresAt: 0,
    renewedAt: 0,
  };
  for (const old of registry.list(tenantId)) {
    if (old.resource === wanted.resource) await registry.remove(old);
  }
  await registry.save(record);
  const send = () =>
    createSubscription(graph, {
      resource: wanted.resource,
      changeTypes: CHANGE_TYPES,
      notificationUrl: urls.notification,
      lifecycleNotificationUrl: urls.lifecycle,
      expiresAt: edges.now() + LIFE_MS,
      clientState,
      certificate,
    });
  try {
    await saveAnswer(record, await sendPastConflict(send, graph), carrier);
  } catch (error) {
    await registry.remove(record);
    throw error;
  }
}

/** Graph has one subscription an app and resource. One of ours that we lost track of cannot be checked: it goes. */
async function sendPastConflict(
  send: () => Promise<GraphSubscription>,
  graph: GraphTenant,
): Promise<GraphSubscription> {
  try {
    return await send();
  } catch (error) {
    const existing =
      error instanceof EarshotError && error.code === "graph-conflict"
        ? readConflictingId(error.message)
        : null;
    if (existing === null) throw error;
    await deleteIfThere(existing, graph, ["graph-not-found"]);
    return send();
  }
}

async function renew(record: SubscriptionRecord, graph: GraphTenant, carrier: Carrier): Promise<void> {
  if (record.subscriptionId === null) return;
  try {
    const renewal = { subscriptionId: record.subscriptionId, expiresAt: carrier.edges.now() + LIFE_MS };
    await saveAnswer(record, await renewSubscription(graph, renewal), carrier);
  } catch (error) {
    if (!(error instanceof EarshotError) || error.code !== "graph-not-found") throw error;
    // Graph has dropped it: make it anew.
    await create({ resource: record.resource, label: record.label }, record.tenantId, graph, carrier);
  }
}

async function remove(record: SubscriptionRecord, graph: GraphTenant, carrier: Carrier): Promise<void> {
  if (record.subscriptionId !== null) {
    // Gone already, or no longer ours to touch after the app was removed: it will lapse by itself.
    await deleteIfThere(record.subscriptionId, graph, ["graph-not-found", "graph-forbidden"]);
  }
  await carrier.registry.remove(record);
}

async function deleteIfThere(
  subscriptionId: string,
  graph: GraphTenant,
  goodEnough: readonly ErrorCode[],
): Promise<void> {
  try {
    await deleteSubscription(graph, subscriptionId);
  } catch (error) {
    if (!(error instanceof EarshotError) || !goodEnough.includes(error.code)) throw error;
  }
}

/** The expiry that counts is the one Graph returned. */
async function saveAnswer(
  record: SubscriptionRecord,
  answer: GraphSubscription,
  carrier: Carrier,
): Promise<void> {
  await carrier.registry.save({
    ...record,
    subscriptionId: answer.id,
    expiresAt: Date.parse(answer.expirationDateTime),
    renewedAt: carrier.edges.now(),
  });
}
