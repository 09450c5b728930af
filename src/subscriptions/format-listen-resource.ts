import type { ListenEntry, ListenQuery } from "../model/listen.ts";
import { formatChannelResource } from "./channel-resource.ts";

/**
 * The resources of the subscriptions that an entry of `listen:` needs, as Graph is asked for them: ids stand as they are.
 * None for `installed`, which needs to know where the app is.
 * Source: https://learn.microsoft.com/graph/teams-change-notification-in-microsoft-teams-overview
 */
export function formatListenResources(entry: ListenEntry): readonly string[] {
  switch (entry.kind) {
    case "installed":
      return [];
    case "all-chats":
      return ["/chats/getAllMessages"];
    case "all-channels":
      return ["/teams/getAllMessages"];
    case "user":
      return [`/users/${entry.userId}/chats/getAllMessages`];
    case "chat":
      return [`/chats/${entry.chatId}/messages${formatQuery(entry.query)}`];
    case "channel":
      return [formatChannelResource(entry) + formatQuery(entry.query)];
    case "all-teams":
      return ["/teams", "/teams/getAllChannels"];
    case "team":
      return [`/teams/${entry.teamId}`, `/teams/${entry.teamId}/channels`];
  }
}

/** Source: https://learn.microsoft.com/graph/teams-changenotifications-chatmessage */
function formatQuery(query: ListenQuery | null): string {
  if (query === null) return "";
  if (query.kind === "search") return `?$search="${encodeQuery(query.text.replace(/["\\]/g, "\\$&"))}"`;
  const person = encodeQuery(query.personId.replaceAll("'", "''"));
  return `?$filter=mentions/any(u: u/mentioned/user/id eq '${person}')`;
}

/** A resource is read as a URL: what would end the option, or be decoded into something else, is encoded. */
function encodeQuery(text: string): string {
  return text.replace(/[%&#+]/g, encodeURIComponent);
}
