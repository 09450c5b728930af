/** What it takes to listen: looked at when a subscription is made or changed, and again for each delivery. */
import type { Permission } from "./graph-access.ts";
import type { Installations } from "./installations.ts";
import type { GraphVersion, SubscriptionScope } from "./subscription-resource.ts";

const TEAM_ROLES = ["Team.ReadBasic.All", "TeamSettings.Read.All", "TeamSettings.ReadWrite.All"];
const CHANNEL_ROLES = ["Channel.ReadBasic.All", "ChannelSettings.Read.All", "ChannelSettings.ReadWrite.All"];

/**
 * One of the roles, or one of the grants of the place. In a chat a grant does in beta alone.
 * Sources: https://learn.microsoft.com/graph/teams-changenotifications-chatmessage,
 * https://learn.microsoft.com/graph/teams-changenotifications-team-and-channel
 */
export function readPermission(
  scope: SubscriptionScope,
  version: GraphVersion,
  installations: Pick<Installations, "listGrants">,
): Permission {
  switch (scope.kind) {
    case "installed-chats":
      return { oneOfRoles: ["Chat.Read.WhereInstalled", "Chat.ReadWrite.WhereInstalled"] };
    case "all-chats":
      return { oneOfRoles: ["Chat.Read.All"] };
    case "user-chats":
      return { oneOfRoles: ["Chat.Read.All", "Chat.ReadWrite.All"] };
    case "chat":
      return {
        oneOfRoles: ["Chat.Read.All", "Chat.ReadWrite.All"],
        grants: installations.listGrants(scope.chatId),
        oneOfGrants: version === "beta" ? ["ChatMessage.Read.Chat"] : [],
      };
    case "all-channels":
      return { oneOfRoles: ["ChannelMessage.Read.All"] };
    case "channel":
      return {
        oneOfRoles: ["ChannelMessage.Read.All"],
        grants: installations.listGrants(scope.teamId),
        oneOfGrants: ["ChannelMessage.Read.Group"],
      };
    case "teams":
      return { oneOfRoles: TEAM_ROLES };
    case "team":
      return {
        oneOfRoles: TEAM_ROLES,
        grants: installations.listGrants(scope.teamId),
        oneOfGrants: ["TeamSettings.Read.Group", "TeamSettings.ReadWrite.Group"],
      };
    case "channel-list":
      return { oneOfRoles: CHANNEL_ROLES };
    case "team-channel-list":
      return {
        oneOfRoles: CHANNEL_ROLES,
        grants: installations.listGrants(scope.teamId),
        oneOfGrants: ["ChannelSettings.Read.Group", "ChannelSettings.ReadWrite.Group"],
      };
  }
}

/** For a delivery there is no token to look at: the roles are those that are consented to now. */
export function isAllowed(
  { grants = [], oneOfGrants = [], oneOfRoles }: Permission,
  roles: readonly string[],
): boolean {
  return (
    oneOfRoles.some((role) => roles.includes(role)) || oneOfGrants.some((grant) => grants.includes(grant))
  );
}
