/**
 * Every permission that Earshot asks for, by the use it is put to. `appPackage/manifest.json` (resource-specific
 * consent) and `aad.manifest.json` (app roles of Entra) ask for exactly these; a test holds them together.
 */

export interface Permission {
  /** Microsoft's name of it, as it stands in manifests, grants and tokens. */
  readonly name: string;
  /** What Earshot does with it, and what is lost without it. */
  readonly purpose: string;
  /** Where Microsoft says so. */
  readonly source: string;
}

export interface AppRole extends Permission {
  /** Id of the role in Microsoft Graph's service principal. */
  readonly id: string;
}

/** Application id of Microsoft Graph in every tenant: https://learn.microsoft.com/en-us/troubleshoot/entra/entra-id/governance/verify-first-party-apps-sign-in */
export const GRAPH_RESOURCE_APP_ID = "00000003-0000-0000-c000-000000000000";

/**
 * Resource-specific consent: granted for one team or one chat, by whoever installs the app there. One that is added
 * later takes effect only where the app is installed or upgraded anew.
 * https://learn.microsoft.com/en-us/microsoftteams/platform/graph-api/rsc/resource-specific-consent
 */
export const RSC_PERMISSIONS = {
  readChannelMessages: {
    name: "ChannelMessage.Read.Group",
    purpose:
      "Subscribes to the messages of a team's standard channels, reads them again after a gap, and lets Bot " +
      "Framework deliver the un-mentioned ones. Without it the bot hears nothing in channels but its mentions.",
    source: "https://learn.microsoft.com/en-us/graph/teams-changenotifications-chatmessage",
  },
  readChatMessages: {
    name: "ChatMessage.Read.Chat",
    purpose:
      "Lets Bot Framework deliver the un-mentioned messages of a group or meeting chat, and reads a chat again " +
      "after a gap. Without it the bot hears nothing in chats but its mentions, unless readInstalledChats is granted.",
    source:
      "https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/conversations/channel-messages-for-bots-and-agents",
  },
  readChannelList: {
    name: "ChannelSettings.Read.Group",
    purpose:
      "Lists a team's channels, each of which needs a subscription of its own, and learns of new ones. Without it " +
      "the bot knows only the channels that Bot Framework has told it about.",
    source: "https://learn.microsoft.com/en-us/graph/api/channel-list",
  },
  readTeamGrants: {
    name: "TeamsAppInstallation.Read.Group",
    purpose:
      "Reads which of these permissions the app holds in a team: an install goes through without those that the " +
      "organisation forbids. Without it only Graph's refusals tell.",
    source: "https://learn.microsoft.com/en-us/graph/api/team-list-permissiongrants",
  },
  readChatGrants: {
    name: "TeamsAppInstallation.Read.Chat",
    purpose: "The same of a group or meeting chat.",
    source: "https://learn.microsoft.com/en-us/graph/api/chat-list-permissiongrants",
  },
} as const satisfies Record<string, Permission>;

/**
 * App roles of Entra: granted for the whole tenant, by one of its administrators. Earshot runs without them.
 * https://learn.microsoft.com/en-us/graph/permissions-reference
 */
export const APP_ROLES = {
  readInstalledChats: {
    name: "Chat.Read.WhereInstalled",
    id: "1c1b4c8e-3cc7-4c58-8470-9b92c9d5848b",
    purpose:
      "One subscription for every chat in which the app is installed. Without it the messages of chats come from " +
      "Bot Framework alone: no edits, no deletions, nothing of other bots.",
    source: "https://learn.microsoft.com/en-us/graph/permissions-reference#chatreadwhereinstalled",
  },
  readAppCatalog: {
    name: "AppCatalog.Read.All",
    id: "e12dae10-5a57-4817-b79d-dfbec5348930",
    purpose:
      "Finds the id that the tenant's catalog gave the app, which the subscription of readInstalledChats names. " +
      "Without it that subscription cannot be made.",
    source: "https://learn.microsoft.com/en-us/graph/api/appcatalogs-list-teamsapps",
  },
} as const satisfies Record<string, AppRole>;
