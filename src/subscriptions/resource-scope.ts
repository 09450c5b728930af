/** What a subscription of ours listens to, read from its resource, and whether a notification belongs to it. */
import type { MessageResource } from "../wire/message-resource.ts";
import type { PlaceResource } from "../wire/place-resource.ts";
import { readChannelResource } from "./channel-resource.ts";

export type ResourceScope =
  | { readonly kind: "installed-chats" | "all-chats" | "all-channels" | "teams" | "all-team-channels" }
  | { readonly kind: "user-chats"; readonly userId: string }
  | { readonly kind: "chat"; readonly chatId: string }
  | { readonly kind: "channel"; readonly teamId: string; readonly channelId: string }
  | { readonly kind: "team" | "team-channels"; readonly teamId: string };

/** The one resource that stands for every channel of the tenant. */
export const ALL_CHANNELS = "/teams/getAllMessages";

const FIXED: Readonly<Record<string, ResourceScope>> = {
  "/chats/getallmessages": { kind: "all-chats" },
  [ALL_CHANNELS.toLowerCase()]: { kind: "all-channels" },
  "/teams": { kind: "teams" },
  "/teams/getallchannels": { kind: "all-team-channels" },
};

/** Null for what we never ask for. */
export function readResourceScope(resource: string): ResourceScope | null {
  const [path = ""] = resource.split("?");
  const fixed = FIXED[path.toLowerCase()];
  if (fixed) return fixed;
  const channel = readChannelResource(path);
  if (channel) return { kind: "channel", ...channel };
  if (/^\/appCatalogs\/teamsApps\/[^/]+\/installedToChats\/getAllMessages$/i.test(path)) {
    return { kind: "installed-chats" };
  }
  const [, userId] = /^\/users\/([^/]+)\/chats\/getAllMessages$/i.exec(path) ?? [];
  if (userId !== undefined) return { kind: "user-chats", userId };
  const [, chatId] = /^\/chats\/([^/]+)\/messages$/i.exec(path) ?? [];
  if (chatId !== undefined) return { kind: "chat", chatId };
  const [, teamId, channels] = /^\/teams\/([^/]+)(\/channels)?$/i.exec(path) ?? [];
  if (teamId !== undefined) return { kind: channels === undefined ? "team" : "team-channels", teamId };
  return null;
}

/** Graph writes ids as it likes: letter case does not tell two apart. */
const isSame = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

/** Who is in a chat is not in its address: a person's chats may be any. */
export function coversMessage(scope: ResourceScope, message: MessageResource): boolean {
  switch (scope.kind) {
    case "installed-chats":
    case "all-chats":
    case "user-chats":
      return message.kind === "chat";
    case "chat":
      return message.kind === "chat" && isSame(message.chatId, scope.chatId);
    case "all-channels":
      return message.kind === "channel";
    case "channel":
      return (
        message.kind === "channel" &&
        isSame(message.teamId, scope.teamId) &&
        isSame(message.channelId, scope.channelId)
      );
    default:
      return false;
  }
}

/** Whether messages of the conversation may be among what the subscription brings. */
export function coversConversation(
  scope: ResourceScope,
  { conversationId, teamId }: { conversationId: string; teamId: string | null },
): boolean {
  const address = { messageId: "", replyToId: null };
  return coversMessage(
    scope,
    teamId === null
      ? { kind: "chat", chatId: conversationId, ...address }
      : { kind: "channel", teamId, channelId: conversationId, ...address },
  );
}

export function coversPlace(scope: ResourceScope, place: PlaceResource): boolean {
  switch (scope.kind) {
    case "teams":
      return place.channelId === null;
    case "all-team-channels":
      return place.channelId !== null;
    case "team":
      return place.channelId === null && isSame(place.teamId, scope.teamId);
    case "team-channels":
      return place.channelId !== null && isSame(place.teamId, scope.teamId);
    default:
      return false;
  }
}
