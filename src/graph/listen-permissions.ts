/** What Graph asks for before it reports something: by what is subscribed to, and by the entries of `listen:`. */
import type { ListenKind } from "../model/listen.ts";
import { APP_ROLES, RSC_PERMISSIONS, type Permission } from "./permissions.ts";

/**
 * App roles that the wider entries of `listen:` need. `aad.manifest.json` does not ask for them: an administrator adds
 * those that are wanted by hand, and consents.
 * https://learn.microsoft.com/en-us/graph/permissions-reference
 */
export const WIDER_ROLES = {
  readAllChats: {
    name: "Chat.Read.All",
    purpose: "Subscribes to and reads the chats of everybody, or of one person, or one chat without the app.",
    source: "https://learn.microsoft.com/en-us/graph/permissions-reference#chatreadall",
  },
  readAllChannels: {
    name: "ChannelMessage.Read.All",
    purpose: "Subscribes to and reads the messages of every channel, or of one in a team without the app.",
    source: "https://learn.microsoft.com/en-us/graph/permissions-reference#channelmessagereadall",
  },
  readAllTeams: {
    name: "Team.ReadBasic.All",
    purpose: "Tells of teams that are made, renamed and deleted.",
    source: "https://learn.microsoft.com/en-us/graph/permissions-reference#teamreadbasicall",
  },
  readAllChannelLists: {
    name: "Channel.ReadBasic.All",
    purpose: "Tells of channels that are made, renamed and deleted, in every team or in one without the app.",
    source: "https://learn.microsoft.com/en-us/graph/permissions-reference#channelreadbasicall",
  },
} as const satisfies Record<string, Permission>;

/** Either will do: consent in the one team or chat, or an app role for the whole tenant. */
export interface SubscriptionPermission {
  /** `api`: the least version of Graph that takes it for this. */
  readonly rsc: { readonly name: string; readonly api: "v1.0" | "beta" } | null;
  readonly role: string;
}

/**
 * The least that does, by what is subscribed to.
 * Sources: https://learn.microsoft.com/graph/teams-changenotifications-chatmessage,
 * https://learn.microsoft.com/graph/teams-changenotifications-team-and-channel
 */
export const SUBSCRIPTION_PERMISSIONS = {
  "installed-chats": { rsc: null, role: APP_ROLES.readInstalledChats.name },
  "all-chats": { rsc: null, role: WIDER_ROLES.readAllChats.name },
  "user-chats": { rsc: null, role: WIDER_ROLES.readAllChats.name },
  // Documented for beta alone.
  chat: {
    rsc: { name: RSC_PERMISSIONS.readChatMessages.name, api: "beta" },
    role: WIDER_ROLES.readAllChats.name,
  },
  "all-channels": { rsc: null, role: WIDER_ROLES.readAllChannels.name },
  channel: {
    rsc: { name: RSC_PERMISSIONS.readChannelMessages.name, api: "v1.0" },
    role: WIDER_ROLES.readAllChannels.name,
  },
  teams: { rsc: null, role: WIDER_ROLES.readAllTeams.name },
  team: { rsc: null, role: WIDER_ROLES.readAllTeams.name },
  "all-team-channels": { rsc: null, role: WIDER_ROLES.readAllChannelLists.name },
  "team-channels": {
    rsc: { name: RSC_PERMISSIONS.readChannelList.name, api: "v1.0" },
    role: WIDER_ROLES.readAllChannelLists.name,
  },
} as const satisfies Record<string, SubscriptionPermission>;

export type SubscriptionKind = keyof typeof SUBSCRIPTION_PERMISSIONS;

/** What each entry of `listen:` subscribes to, and so which permissions it needs. */
export const SUBSCRIPTIONS_BY_KIND: Readonly<Record<ListenKind, readonly SubscriptionKind[]>> = {
  installed: ["installed-chats", "channel", "team-channels"],
  "all-chats": ["all-chats"],
  "all-channels": ["all-channels"],
  user: ["user-chats"],
  chat: ["chat"],
  channel: ["channel"],
  "all-teams": ["teams", "all-team-channels"],
  team: ["team", "team-channels"],
};
