import type { EarshotError } from "../errors.ts";
import type { GraphApi } from "../graph/graph-client.ts";
import { SUBSCRIPTION_PERMISSIONS, type SubscriptionPermission } from "../graph/listen-permissions.ts";
import { APP_ROLES, RSC_PERMISSIONS } from "../graph/permissions.ts";
import type { DeafSpot } from "../storage/subscription-record.ts";
import { readResourceScope, type ResourceScope } from "./resource-scope.ts";

/** Why Graph does not report something to us, what that means, and who can change it. */
export interface Refusal {
  readonly kind: RefusalKind;
  readonly state: DeafSpot["state"];
  /** For people: what is the matter, and the remedy. */
  readonly reason: string;
}

export type RefusalKind =
  | "no-grant" // of the one team or chat: who installs the app there gives it
  | "not-consented" // for the whole tenant: an administrator
  | "quota"
  | "not-in-catalog"
  | "channel-kind" // shared or private
  | "licence"
  | "gone"
  | "unknown";

export interface AskedResource {
  readonly resource: string;
  readonly api: GraphApi;
}

/**
 * Graph has one status, 403, for nearly all of it, so its words must tell. Words that nobody has seen yet are shown as
 * they are.
 * Sources: https://learn.microsoft.com/graph/api/resources/subscription (limits),
 * https://github.com/OfficeDev/Microsoft-Teams-Samples/issues/959 (wording of a missing permission),
 * https://learn.microsoft.com/microsoftteams/platform/build-apps-for-shared-private-channels (FAQ)
 */
export function explainRefusal(error: EarshotError, asked: AskedResource): Refusal {
  const scope = readResourceScope(asked.resource);
  const permission = scope && SUBSCRIPTION_PERMISSIONS[scope.kind];
  const answer = readAnswer(error);
  const kind = classify(error, answer, scope, readRsc(permission, asked.api));
  const state = readState(kind, answer.words, scope, asked.api);
  return { kind, state, reason: `${MEANINGS[state]}: ${describe(kind, answer.words, scope, permission)}` };
}

const MEANINGS: Readonly<Record<DeafSpot["state"], string>> = {
  polled: "read regularly instead",
  "bot-framework": "heard through Bot Framework alone",
  deaf: "not heard",
};

interface Answer {
  /** 0: there was none. */
  readonly status: number;
  readonly words: string;
}

/** What Graph said, out of the words of `graph-client.ts`. */
function readAnswer({ message }: EarshotError): Answer {
  const [, status = "0", words = message] = /Graph answered (\d{3})\s*(.*)$/s.exec(message) ?? [];
  return { status: Number(status), words: words.trim() };
}

const CONSENT_TO_THE_APP = /AADSTS(65001|7000112|7000229|700016)\b/;
const CHANNEL_KIND = /\b(shared|private)\b.*\bchannels?\b|\bchannels?\b.*\b(shared|private)\b/is;
const LICENCE = /\blicen[cs]e|\bpayment\b|\bevaluation\b|\bbilling\b/i;
const PERMISSION =
  /missing (role|scope) permissions|insufficient privileges|authorization_requestdenied|consent grants/i;
const QUOTA = /\b(quota|limit|maximum|too many|exceed\w*)\b/i;
const CATALOG = /\bcatalog\b/i;

function classify(
  error: EarshotError,
  { status, words }: Answer,
  scope: ResourceScope | null,
  rsc: string | null,
): RefusalKind {
  if (error.code === "token-refused") return CONSENT_TO_THE_APP.test(words) ? "not-consented" : "unknown";
  if (status === 402) return "licence";
  if (error.code === "graph-not-found") {
    return scope?.kind === "installed-chats" || CATALOG.test(words) ? "not-in-catalog" : "gone";
  }
  // Its list of permissions could hold any other word.
  if (PERMISSION.test(words)) return rsc === null ? "not-consented" : "no-grant";
  if (scope?.kind === "channel" && CHANNEL_KIND.test(words)) return "channel-kind";
  if (status !== 403) return "unknown";
  if (LICENCE.test(words)) return "licence";
  if (QUOTA.test(words)) return "quota";
  return CATALOG.test(words) ? "not-in-catalog" : "unknown";
}

/** Bot Framework brings what is said where the app is installed with its permission, and news of its channels. */
function readState(
  kind: RefusalKind,
  words: string,
  scope: ResourceScope | null,
  api: GraphApi,
): DeafSpot["state"] {
  if (kind === "channel-kind") return "polled";
  if (kind === "gone") return "deaf";
  const isRefusedConsent = kind === "no-grant" || kind === "not-consented";
  switch (scope?.kind) {
    case "installed-chats":
    case "team-channels":
      return "bot-framework";
    case "channel":
      return isRefusedConsent ? "deaf" : "bot-framework";
    case "chat": {
      const isGranted = readGrants(words).includes(RSC_PERMISSIONS.readChatMessages.name);
      const isInstalled = isRefusedConsent ? isGranted : api === "beta";
      return isInstalled ? "bot-framework" : "deaf";
    }
    default:
      return "deaf";
  }
}

/** Graph says which it found, where it misses one. */
function readGrants(words: string): readonly string[] {
  const [, grants = ""] = /consent grants on the request '([^']*)'/i.exec(words) ?? [];
  return grants.split(",").map((grant) => grant.trim());
}

function readRsc(permission: SubscriptionPermission | null, api: GraphApi): string | null {
  const rsc = permission?.rsc;
  return rsc && (rsc.api === "v1.0" || api === "beta") ? rsc.name : null;
}

function describe(
  kind: RefusalKind,
  words: string,
  scope: ResourceScope | null,
  permission: SubscriptionPermission | null,
): string {
  switch (kind) {
    case "no-grant": {
      const [place, who] =
        scope?.kind === "chat" ? ["chat", "one of its members"] : ["team", "one of its owners"];
      const { rsc, role } = permission ?? {};
      return `${rsc?.name} is not granted in this ${place}; ${who} installs or upgrades the app there, or an administrator consents to ${role}`;
    }
    case "not-consented":
      return permission === null || CONSENT_TO_THE_APP.test(words)
        ? "the organisation has not consented to the app; an administrator does so in Entra (Enterprise applications › Permissions)"
        : describeRole(permission.role);
    case "quota":
      return (
        "Graph allows no more subscriptions (10,000 an organisation over all apps, 10 a user, one a chat or channel of an app); " +
        "name fewer places in `listen:`, or `chats: all` and `channels: all` with an administrator's consent"
      );
    case "not-in-catalog":
      return "the app is not in this organisation's app catalog; an administrator publishes it there (Teams admin center › Manage apps)";
    case "channel-kind":
      return `Graph tells nothing of shared and private channels under ${RSC_PERMISSIONS.readChannelMessages.name}`;
    case "licence":
      return `Graph asks for a licence; an administrator assigns one with Teams to those who write there. It said: ${quote(words)}`;
    case "gone":
      return "Graph knows no such place; it was deleted, or its id in `listen:` is another";
    case "unknown":
      return `Graph refuses, for a reason that is new to me; it said: ${quote(words)}`;
  }
}

/** Our own Entra manifest asks for some; the others come first into the app, and then into the tenant. */
function describeRole(role: string): string {
  const isAsked = Object.values(APP_ROLES).some(({ name }) => name === role);
  return isAsked
    ? `${role} is not consented to; an administrator does so in Entra (Enterprise applications › Permissions)`
    : `${role} is not consented to; it is added to the app in Entra (App registrations › API permissions), and an administrator consents`;
}

const MOST_QUOTED = 200;

/** One line, and not all of a page. */
function quote(words: string): string {
  const line = words.replace(/[\s\p{C}]+/gu, " ").trim();
  return `“${line.length > MOST_QUOTED ? `${line.slice(0, MOST_QUOTED - 1)}…` : line}”`;
}
