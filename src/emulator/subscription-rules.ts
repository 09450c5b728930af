/** Graph's rules for a new subscription to what Teams has, one after the other. Pure. */
import { z } from "zod";
import { isLoopback } from "../loopback.ts";
import { ApiFault } from "./api-fault.ts";
import { parseInstant } from "./api-route.ts";
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

const TLS_VERSIONS = ["v1_0", "v1_1", "v1_2", "v1_3"] as const;

/** What a subscription has. Whatever else is asked for is misspelled, or of another kind of delivery, as web push is. */
const subscriptionRequest = z.strictObject({
  changeType: z.string(),
  resource: z.string(),
  notificationUrl: z.string(),
  expirationDateTime: z.string(),
  lifecycleNotificationUrl: z.string().nullish(),
  clientState: z.string().nullish(),
  includeResourceData: z.boolean().nullish(),
  encryptionCertificate: z.string().nullish(),
  encryptionCertificateId: z.string().nullish(),
  latestSupportedTlsVersion: z.enum(TLS_VERSIONS).nullish(),
  notificationQueryOptions: z.string().nullish(),
  notificationUrlAppId: z.string().nullish(),
  // Graph's own to say; who sends back what was read is not refused for it.
  id: z.unknown().optional(),
  applicationId: z.unknown().optional(),
  creatorId: z.unknown().optional(),
});

/** What can be changed: anything else has to be made anew. */
const renewalRequest = z.strictObject({
  expirationDateTime: z.string().optional(),
  notificationUrl: z.string().optional(),
  encryptionCertificate: z.string().optional(),
  encryptionCertificateId: z.string().optional(),
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
  readonly latestSupportedTlsVersion: (typeof TLS_VERSIONS)[number];
}

/** Null: stays as it is. */
export interface RenewalPlan {
  readonly expiresAtMs: number | null;
  readonly notificationUrl: string | null;
  readonly certificate: SealingCertificate | null;
}

/**
 * Any resource takes any of the change types. Throws 400 for a broken rule, 501 for a resource that is not emulated. Permissions and duplicates are looked at
 * elsewhere: they need to know the tenant.
 * Source: https://learn.microsoft.com/graph/api/subscription-post-subscriptions
 */
export function planSubscription(input: unknown, nowMs: number): SubscriptionPlan {
  const parsed = subscriptionRequest.safeParse(withoutAnnotations(input));
  if (!parsed.success) throw refuseShape(parsed.error);
  const request = parsed.data;
  if (/^https?:/i.test(request.resource)) {
    throw refuse("resource must not include the base URL of Graph and its version.");
  }
  if (request.notificationQueryOptions) {
    throw refuse("notificationQueryOptions is not supported for this resource.");
  }
  if (request.notificationUrlAppId) {
    throw new ApiFault(501, "NotEmulated", "Tokens for another app (notificationUrlAppId) are not emulated.");
  }
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
    latestSupportedTlsVersion: request.latestSupportedTlsVersion ?? "v1_2",
    certificate: includeResourceData
      ? demandCertificate(request.encryptionCertificate, request.encryptionCertificateId)
      : null,
  };
}

/**
 * Sources: https://learn.microsoft.com/graph/api/resources/subscription (Methods),
 * https://learn.microsoft.com/graph/change-notifications-with-resource-data (renewing certificates)
 */
export function planRenewal(input: unknown, nowMs: number): RenewalPlan {
  const parsed = renewalRequest.safeParse(withoutAnnotations(input));
  if (!parsed.success) {
    throw refuse(`Only these can be updated: ${Object.keys(renewalRequest.shape).join(", ")}.`);
  }
  const { expirationDateTime, notificationUrl, encryptionCertificate, encryptionCertificateId } = parsed.data;
  if (Object.keys(parsed.data).length === 0) {
    throw refuse(
      "Subscription must contain either the 'expirationDateTime' or 'notificationUrl' property and its value.",
    );
  }
  const isRotated = encryptionCertificate !== undefined || encryptionCertificateId !== undefined;
  return {
    expiresAtMs: expirationDateTime === undefined ? null : planExpiry(expirationDateTime, nowMs),
    notificationUrl: notificationUrl === undefined ? null : demandUrl("notificationUrl", notificationUrl),
    certificate: isRotated ? demandCertificate(encryptionCertificate, encryptionCertificateId) : null,
  };
}

/** Less than 45 minutes are raised to 45; more than 4,320, or the past, are refused. */
function planExpiry(text: string, nowMs: number): number {
  const wantedMs = parseInstant(text);
  if (Number.isNaN(wantedMs))
    throw refuse("expirationDateTime is not a valid date and time with its offset.");
  if (wantedMs <= nowMs) throw refuse("Subscription expiration must be in the future.");
  if (wantedMs - nowMs > LONGEST_MINUTES * MINUTE_MS) {
    throw refuse(`Subscription expiration can only be ${LONGEST_MINUTES} minutes in the future.`);
  }
  return Math.max(wantedMs, nowMs + SHORTEST_MINUTES * MINUTE_MS);
}

/** https, or plain http on loopback, which only an emulated Graph allows. */
function demandUrl(name: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isHttp = url?.protocol === "http:" && isLoopback(url.hostname);
  if (url?.protocol === "https:" || isHttp) return text;
  throw refuse(`${name} must be an absolute https URL.`);
}

function demandCertificate(
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

/** OData's own remarks, as `@odata.type`, which Microsoft's clients add. */
function withoutAnnotations(input: unknown): unknown {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return input;
  return Object.fromEntries(Object.entries(input).filter(([name]) => !name.includes("@odata.")));
}

/** Wording of what is not known: https://github.com/microsoftgraph/microsoft-graph-docs/issues/2231 */
function refuseShape({ issues }: z.ZodError): ApiFault {
  const [issue] = issues;
  if (issue === undefined || issue.code === "unrecognized_keys" || issue.path.length === 0) {
    const names = issue?.code === "unrecognized_keys" ? ` (${issue.keys.join(", ")})` : "";
    return refuse(
      `Could not process subscription creation payload. Are all property names spelled and camelCased properly?${names}`,
    );
  }
  return refuse(`Property ${issue.path.join(".")} is missing or of the wrong type.`);
}

function refuse(message: string): ApiFault {
  return new ApiFault(400, "InvalidRequest", message);
}
