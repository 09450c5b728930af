/** A subscription's `resource`, read: what it listens to, and which of it. Pure. */
import { ApiFault } from "./api-fault.ts";
import { decodeSegment } from "./decode-segment.ts";
import { parseMessageQuery, type MessageQuery } from "./message-query.ts";
import type { SubscriptionScope } from "./subscription-resource.ts";

type Form = readonly [path: RegExp, read: (...keys: string[]) => SubscriptionScope];

const KEY = "([^/]+)";

/**
 * Sources: https://learn.microsoft.com/graph/teams-changenotifications-chatmessage,
 * https://learn.microsoft.com/graph/teams-changenotifications-team-and-channel
 */
const FORMS: readonly Form[] = [
  form("chats/getAllMessages", () => ({ kind: "all-chats" })),
  form("teams/getAllMessages", () => ({ kind: "all-channels" })),
  form("teams/getAllChannels", () => ({ kind: "channel-list" })),
  form("teams", () => ({ kind: "teams" })),
  form(`appCatalogs/teamsApps/${KEY}/installedToChats/getAllMessages`, (catalogAppId) => ({
    ...{ kind: "installed-chats", catalogAppId },
  })),
  form(`users/${KEY}/chats/getAllMessages`, (userId) => ({ kind: "user-chats", userId })),
  form(`chats/${KEY}/messages`, (chatId) => ({ kind: "chat", chatId })),
  form(`teams/${KEY}/channels/${KEY}/messages`, (teamId, channelId) => ({
    ...{ kind: "channel", teamId, channelId },
  })),
  form(`teams/${KEY}/channels`, (teamId) => ({ kind: "team-channel-list", teamId })),
  form(`teams/(?!getAll)${KEY}`, (teamId) => ({ kind: "team", teamId })),
];

/**
 * Leading slash optional, keys as segments or in parentheses, `?model=` without meaning since August 2025. Throws 400
 * for a query that is not one or stands where there can be none, 501 for what is not emulated.
 */
export function readScope(resource: string): { scope: SubscriptionScope; query: MessageQuery | null } {
  const at = resource.indexOf("?");
  const [path, options] = at < 0 ? [resource, ""] : [resource.slice(0, at), resource.slice(at + 1)];
  const scope = findScope(path.replace(/^\/+/, "").replace(/(\w+)\('([^']*)'\)/g, "$1/$2"));
  if (!scope) throw new ApiFault(501, "NotEmulated", `Subscriptions to '${resource}' are not emulated.`);
  if (options === "" || /^model=[AB]$/i.test(options)) return { scope, query: null };
  const query = parseMessageQuery(options);
  if (scope.kind === "channel" || scope.kind === "chat") return { scope, query };
  const message = `The resource '${resource}' takes no query: $search and $filter are for the messages of one channel or one chat.`;
  throw new ApiFault(400, "InvalidRequest", message);
}

function findScope(path: string): SubscriptionScope | undefined {
  for (const [pattern, read] of FORMS) {
    const [found, ...keys] = pattern.exec(path) ?? [];
    if (found !== undefined) return read(...keys.map((key) => decodeSegment(key, refuse)));
  }
  return undefined;
}

function form(path: string, read: Form[1]): Form {
  return [new RegExp(`^${path}$`, "i"), read];
}

function refuse(): ApiFault {
  return new ApiFault(400, "InvalidRequest", "The resource is malformed.");
}
