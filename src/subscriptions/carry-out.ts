/** One step of a plan, done at Graph and written down. */
import type { Edges } from "../edges.ts";
import { EarshotError, type ErrorCode } from "../errors.ts";
import type { GraphTenant } from "../graph/graph-client.ts";
import {
  createSubscription,
  deleteSubscription,
  readConflictingId,
  renewSubscription,
  type SubscriptionCertificate,
} from "../graph/subscription-calls.ts";
import type { SubscriptionKey } from "../model/ids.ts";
import type { SubscriptionRecord } from "../storage/subscription-record.ts";
import type { GraphSubscription } from "../wire/graph-answers.ts";
import { digestClientState } from "./client-state.ts";
import type { Addresses, Step, Wanted } from "./plan.ts";
import type { Registry } from "./registry.ts";
import { LIFE_MS, planRenewal } from "./renewal.ts";

const CLIENT_STATE_BYTES = 32;
/**
 * What was said before something else was heard need not have been told before it: Graph tries again for hours what
 * was not taken, and its clock is not ours. What is read back twice is known by its key.
 */
export const IN_FLIGHT_MS = 10 * 60_000;

export interface Carrier {
  readonly registry: Registry;
  readonly edges: Edges;
  readonly addresses: Addresses;
  /** The certificate that subscriptions are sealed to from now on. */
  currentCertificate(): SubscriptionCertificate;
}

/**
 * Answers since when (epoch ms) Graph may have been silent about the resource; null: it was not. Throws the `graph-…`
 * and `token-…` errors.
 */
export async function carryOut(
  step: Step,
  tenantId: string,
  graph: GraphTenant,
  carrier: Carrier,
): Promise<number | null> {
  switch (step.kind) {
    case "create":
      await create(step.wanted, tenantId, graph, carrier);
      return step.lost && readLastProof(step.lost);
    case "replace":
      return replace(step, graph, carrier);
    case "adopt":
      await renewOrCreate({ ...step.record, subscriptionId: step.listed.id }, graph, carrier);
      return readLastProof(step.record);
    case "renew":
      return renewOrCreate(step.record, graph, carrier);
    case "delete":
      await remove(step.record, graph);
      await carrier.registry.remove(step.record);
      return null;
    case "delete-orphan":
      await deleteIfThere({ subscriptionId: step.listed.id, api: "v1.0" }, graph, GONE);
      return null;
  }
}

/** What was said until then was surely told: Graph said that it stood, or sent something, a good while later. */
function readLastProof({ renewedAt, heardAt }: SubscriptionRecord): number {
  return Math.max(0, Math.max(renewedAt, heardAt) - IN_FLIGHT_MS);
}

async function replace(
  { record, wanted, reason }: Step & { kind: "replace" },
  graph: GraphTenant,
  carrier: Carrier,
): Promise<number> {
  const { registry, edges } = carrier;
  const proven = reason === "address-changed" ? readLastProof(record) : edges.now() - IN_FLIGHT_MS;
  await remove(record, graph);
  // Should the create fail, the plan sees that there is none.
  await registry.save({ ...record, expiresAt: 0 });
  await create(wanted, record.tenantId, graph, carrier);
  return proven;
}

/**
 * Written down before it is sent, so that what Graph makes of it can be told from a stranger's. A conflict is resolved
 * once: another one is somebody else's work.
 */
async function create(
  wanted: Wanted,
  tenantId: string,
  graph: GraphTenant,
  carrier: Carrier,
  isLastTry = false,
): Promise<void> {
  const { registry, edges, addresses } = carrier;
  const clientState = edges.randomBytes(CLIENT_STATE_BYTES).toString("base64url");
  const certificate = wanted.content === "encrypted" ? carrier.currentCertificate() : null;
  const { resource, label, wantedBy, changeTypes, content, api } = wanted;
  const record: SubscriptionRecord = {
    ...{ resource, label, wantedBy, changeTypes, content, api, tenantId },
    key: edges.randomUuid() as SubscriptionKey,
    subscriptionId: null,
    clientStateDigest: digestClientState(clientState),
    certificateId: certificate?.id ?? "",
    notificationUrl: addresses.notification,
    lifecycleUrl: addresses.lifecycle,
    ...{ expiresAt: 0, renewedAt: 0, renewAt: 0, patchedAt: 0, heardAt: 0 },
  };
  const earlier = registry.listOf(tenantId, resource);
  await registry.save(record);
  try {
    const answer = await createSubscription(graph, {
      ...{ resource, changeTypes, clientState, certificate, api },
      notificationUrl: addresses.notification,
      lifecycleNotificationUrl: addresses.lifecycle,
      expiresAt: edges.now() + LIFE_MS,
    });
    await saveAnswer(record, answer, carrier);
  } catch (thrown) {
    // Where the answer is unknown, so is whether it was made: what was written down is needed to tell.
    if (!isUnanswered(thrown)) await registry.remove(record);
    const existing = readConflict(thrown);
    if (existing === null || isLastTry) throw thrown;
    return resolveConflict(existing, { wanted, tenantId, earlier }, graph, carrier);
  }
  for (const old of earlier) await registry.remove(old);
}

/**
 * Graph has one subscription an app and resource. One that we asked for without hearing the answer is taken over: its
 * clientState is known. Of another nothing that it brings could be told from a forgery: it goes.
 */
async function resolveConflict(
  existing: string,
  asked: { wanted: Wanted; tenantId: string; earlier: readonly SubscriptionRecord[] },
  graph: GraphTenant,
  carrier: Carrier,
): Promise<void> {
  const { wanted, tenantId, earlier } = asked;
  const { notification } = carrier.addresses;
  const unanswered = earlier.filter(({ subscriptionId }) => subscriptionId === null);
  const [own] = unanswered;
  if (own && unanswered.length === 1 && own.notificationUrl === notification) {
    await renew({ ...own, subscriptionId: existing }, graph, carrier);
    for (const old of earlier) if (old !== own) await carrier.registry.remove(old);
    return;
  }
  await deleteIfThere({ subscriptionId: existing, api: wanted.api }, graph, ["graph-not-found"]);
  for (const old of unanswered) await carrier.registry.remove(old);
  await create(wanted, tenantId, graph, carrier, true);
}

async function renewOrCreate(
  record: SubscriptionRecord,
  graph: GraphTenant,
  carrier: Carrier,
): Promise<number | null> {
  try {
    await renew(record, graph, carrier);
    // Where the address was another, what was sent there is not with us.
    const isMoved = record.notificationUrl !== carrier.addresses.notification;
    return isMoved ? readLastProof(record) : null;
  } catch (error) {
    if (!(error instanceof EarshotError) || error.code !== "graph-not-found") throw error;
    // Graph has dropped it: make it anew.
    await create(record, record.tenantId, graph, carrier);
    return readLastProof(record);
  }
}

async function renew(record: SubscriptionRecord, graph: GraphTenant, carrier: Carrier): Promise<void> {
  const { subscriptionId, api } = record;
  if (subscriptionId === null) return;
  const { edges, addresses } = carrier;
  const certificate = record.content === "encrypted" ? carrier.currentCertificate() : null;
  const isMoved = record.notificationUrl !== addresses.notification;
  const isRotated = certificate !== null && certificate.id !== record.certificateId;
  const answer = await renewSubscription(graph, {
    ...{ subscriptionId, api },
    expiresAt: edges.now() + LIFE_MS,
    notificationUrl: isMoved ? addresses.notification : null,
    certificate: isRotated ? certificate : null,
  }).catch(async (thrown: unknown) => {
    // It may have been done: Graph is not asked again sooner than if it had been.
    if (isUnanswered(thrown)) await carrier.registry.save({ ...record, patchedAt: edges.now() });
    throw thrown;
  });
  const changed = {
    ...record,
    patchedAt: edges.now(),
    notificationUrl: addresses.notification,
    certificateId: certificate?.id ?? "",
  };
  await saveAnswer(changed, answer, carrier);
}

async function remove(record: SubscriptionRecord, graph: GraphTenant): Promise<void> {
  const { subscriptionId, api } = record;
  if (subscriptionId !== null) await deleteIfThere({ subscriptionId, api }, graph, GONE);
}

/** Gone already, or no longer ours to touch after the app was removed: it will lapse by itself. */
const GONE: readonly ErrorCode[] = ["graph-not-found", "graph-forbidden"];

async function deleteIfThere(
  subscription: { subscriptionId: string; api: SubscriptionRecord["api"] },
  graph: GraphTenant,
  goodEnough: readonly ErrorCode[],
): Promise<void> {
  try {
    await deleteSubscription(graph, subscription);
  } catch (error) {
    if (!(error instanceof EarshotError) || !goodEnough.includes(error.code)) throw error;
  }
}

/** The expiry that counts is the one Graph returned. */
async function saveAnswer(
  record: SubscriptionRecord,
  answer: GraphSubscription,
  { registry, edges }: Carrier,
): Promise<void> {
  const expiresAt = Date.parse(answer.expirationDateTime);
  const from = edges.now();
  const renewAt = planRenewal({ from, expiresAt }, edges.randomBytes(1).readUInt8() / 256);
  await registry.save({ ...record, subscriptionId: answer.id, expiresAt, renewedAt: from, renewAt });
}

/** No answer, or one that says nothing of what was done. */
function isUnanswered(thrown: unknown): boolean {
  return thrown instanceof EarshotError && thrown.code === "graph-unavailable";
}

function readConflict(thrown: unknown): string | null {
  const isConflict = thrown instanceof EarshotError && thrown.code === "graph-conflict";
  return isConflict ? readConflictingId(thrown.message) : null;
}
