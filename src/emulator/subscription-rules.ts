/** Graph's rules for a new subscription to what Teams has, one after the other. Pure. */
import { z } from "zod";
import { ApiFault } from "./api-fault.ts";
import type { MessageQuery } from "./message-query.ts";
import { readScope } from "./read-scope.ts";
import { readSealingCertificate, type SealingCertificate } from "./seal-content.ts";
import type { SubscriptionScope } from "./subscription-resource.ts";

const MINUTE_MS = 60_000;
/** Source for both: https://learn.microsoft.com/graph/api/resources/subscription */
const LONGEST_MINUTES = 4320;
const SHORTEST_MINUTES = 45;
const LONGEST_CLIENT_STATE = 128;
const LONGEST_CERTIFICATE_ID = 128;

const subscriptionRequest = z.looseObject({
  changeType: z.string(),
  resource: z.string(),
  notificationUrl: z.string(),
  expirationDateTime: z.string(),
  lifecycleNotificationUrl: z.string().nullish(),
  clientState: z.string().nullish(),
  includeResourceData: z.boolean().nullish(),
  encryptionCertificate: z.string().nullish(),
  encryptionCertificateId: z.string().nullish(),
  latestSupportedTlsVersion: z.string().nullish(),
});

export interface SubscriptionPlan {
  readonly changeType: string;
  readonly resource: string;
  readonly scope: SubscriptionScope;
  readonly query: MessageQuery | null;
  readonly notificationUrl: string;
  readonly lifecycleNotificationUrl: string | null;
  readonly expiresAtMs: number;
  readonly clientState: string | null;
  readonly certificate: SealingCertificate | null;
  readonly includeResourceData: boolean;
}

/**
 * Any resource takes any of the change types. Throws 400 for a broken rule, 501 for a resource that is not emulated. Permissions and duplicates are looked at
 * elsewhere: they need to know the tenant.
 * Source: https://learn.microsoft.com/graph/api/subscription-post-subscriptions
 */
export function planSubscription(input: unknown, nowMs: number): SubscriptionPlan {
  const parsed = subscriptionRequest.safeParse(input);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw refuse(`Property ${issue?.path.join(".") ?? "body"} is missing or of the wrong type.`);
  }
  const request = parsed.data;
  const expiresAtMs = planExpiry(request.expirationDateTime, nowMs);
  const lifecycleNotificationUrl = request.lifecycleNotificationUrl ?? null;
  if (lifecycleNotificationUrl === null && expiresAtMs - nowMs > 60 * MINUTE_MS) {
    throw refuse(
      "lifecycleNotificationUrl is a required property for subscription creation on this resource when the expirationDateTime value is set to greater than 1 hour.",
    );
  }
  const clientState = request.clientState ?? null;
  if (clientState !== null && clientState.length > LONGEST_CLIENT_STATE) {
    throw refuse(`clientState must not exceed ${LONGEST_CLIENT_STATE} characters.`);
  }
  const includeResourceData = request.includeResourceData ?? false;
  return {
    changeType: planChangeType(request.changeType),
    resource: request.resource,
    ...readScope(request.resource),
    notificationUrl: demandUrl("notificationUrl", request.notificationUrl),
    lifecycleNotificationUrl:
      lifecycleNotificationUrl === null
        ? null
        : demandUrl("lifecycleNotificationUrl", lifecycleNotificationUrl),
    ...{ expiresAtMs, clientState, includeResourceData },
    certificate: includeResourceData
      ? demandCertificate(request.encryptionCertificate, request.encryptionCertificateId)
      : null,
  };
}

/** Less than 45 minutes are raised to 45; more than 4,320, or the past, are refused. */
export function planExpiry(text: string, nowMs: number): number {
  const wantedMs = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(wantedMs)) throw refuse("expirationDateTime is not a valid date and time.");
  if (wantedMs <= nowMs) throw refuse("Subscription expiration must be in the future.");
  if (wantedMs - nowMs > LONGEST_MINUTES * MINUTE_MS) {
    throw refuse(`Subscription expiration can only be ${LONGEST_MINUTES} minutes in the future.`);
  }
  return Math.max(wantedMs, nowMs + SHORTEST_MINUTES * MINUTE_MS);
}

/** https, or plain http on loopback, which only an emulated Graph allows. */
export function demandUrl(name: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isLoopback = url !== null && ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
  if (url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback)) return text;
  throw refuse(`${name} must be an absolute https URL.`);
}

export function demandCertificate(
  certificate: string | null | undefined,
  id: string | null | undefined,
): SealingCertificate {
  if (!certificate || !id) {
    throw refuse(
      "encryptionCertificate and encryptionCertificateId are required when includeResourceData is set to true.",
    );
  }
  if (id.length > LONGEST_CERTIFICATE_ID) {
    throw refuse(`encryptionCertificateId must not exceed ${LONGEST_CERTIFICATE_ID} characters.`);
  }
  const read = readSealingCertificate(id, certificate);
  if ("certificate" in read) return read.certificate;
  throw refuse(`encryptionCertificate is invalid: ${read.fault}.`);
}

function planChangeType(text: string): string {
  const types = text.split(",").map((type) => type.trim().toLowerCase());
  const isKnown = types.every((type) => ["created", "updated", "deleted"].includes(type));
  if (isKnown && new Set(types).size === types.length) return types.join(",");
  throw refuse(`changeType '${text}' is not a list of created, updated, deleted.`);
}

function refuse(message: string): ApiFault {
  return new ApiFault(400, "InvalidRequest", message);
}
