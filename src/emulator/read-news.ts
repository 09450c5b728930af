/** A change of the tenant as Graph tells it: under which scopes, as what, about which resource. Pure. */
import { formatMessageResource, formatSealedChatMessage } from "./chat-message-resource.ts";
import { formatChannelPath, formatSealedChannel, formatSealedTeam, formatTeamPath } from "./team-resource.ts";
import type { SubscriptionScope } from "./subscription-resource.ts";
import type {
  BotIdentity,
  Change,
  ChannelChange,
  Organisation,
  Place,
  Team,
  TeamChange,
} from "./tenant-model.ts";

export interface News {
  /** Whose subscriptions are told. */
  readonly organisationId: string;
  readonly changeType: "created" | "updated" | "deleted";
  /** All under which it is told, apart from permissions and queries. */
  readonly scopes: readonly SubscriptionScope[];
  readonly resourceType: string;
  readonly resourceId: string;
  readonly path: string;
  /** Made only where somebody asked for it. */
  readonly formatContent: () => Readonly<Record<string, unknown>>;
}

type MessageChange = Extract<Change, { kind: "message" }>;

/** All that becomes of a message but its end is `updated`. */
const MESSAGE_CHANGES = {
  posted: "created",
  edited: "updated",
  reacted: "updated",
  blocked: "updated",
  undeleted: "updated",
  deleted: "deleted",
} as const;

/** What comes back from the bin is there anew; the documents do not say. */
const PLACE_CHANGES = {
  created: "created",
  restored: "created",
  renamed: "updated",
  archived: "updated",
  unarchived: "updated",
  shared: "updated",
  unshared: "updated",
  deleted: "deleted",
} as const;

/** Nothing for what Graph does not tell of. `isInstalled`: by the id of a chat. */
export function readNews(
  change: Change,
  bot: BotIdentity,
  isInstalled: (installId: string) => boolean,
): readonly News[] {
  switch (change.kind) {
    case "message":
      return [readMessageNews(change, bot, isInstalled)];
    case "team":
      return [readTeamNews(change)];
    case "channel":
      return readChannelNews(change);
    case "installed":
    case "uninstalled":
    case "upgraded":
    case "members":
      return [];
  }
}

function readMessageNews(
  { cause, message, place }: MessageChange,
  bot: BotIdentity,
  isInstalled: (installId: string) => boolean,
): News {
  return {
    organisationId: place.organisation.id,
    changeType: MESSAGE_CHANGES[cause],
    scopes: listMessageScopes(place, isInstalled),
    resourceType: "#Microsoft.Graph.chatMessage",
    resourceId: message.id,
    path: formatMessageResource(message, place),
    formatContent: () => formatSealedChatMessage(message, place, bot),
  };
}

function listMessageScopes(place: Place, isInstalled: (installId: string) => boolean): SubscriptionScope[] {
  if (place.kind === "channel") {
    const { team, channel } = place;
    return [{ kind: "channel", teamId: team.id, channelId: channel.id }, { kind: "all-channels" }];
  }
  const { organisation, chat } = place;
  return [
    { kind: "chat", chatId: chat.id },
    { kind: "all-chats" },
    ...chat.memberIds.map((userId): SubscriptionScope => ({ kind: "user-chats", userId })),
    ...(isInstalled(chat.id)
      ? [{ kind: "installed-chats", catalogAppId: organisation.catalogAppId } as const]
      : []),
  ];
}

function readTeamNews({ cause, organisation, team }: TeamChange): News {
  return {
    organisationId: organisation.id,
    changeType: PLACE_CHANGES[cause],
    scopes: [{ kind: "team", teamId: team.id }, { kind: "teams" }],
    resourceType: "#Microsoft.Graph.team",
    resourceId: team.id,
    path: formatTeamPath(team),
    formatContent: () => formatSealedTeam(team, organisation),
  };
}

/** A team that a channel is shared with is told as well, by a path of its own. */
function readChannelNews({ cause, organisation, team, channel, guest }: ChannelChange): News[] {
  const tell = (to: Organisation, list: Team, scopes: readonly SubscriptionScope[]): News => ({
    organisationId: to.id,
    changeType: PLACE_CHANGES[cause],
    scopes,
    resourceType: "#Microsoft.Graph.channel",
    resourceId: channel.id,
    path: formatChannelPath(list, channel),
    formatContent: () => formatSealedChannel(channel, list, organisation),
  });
  const listOf = ({ id }: Team): SubscriptionScope => ({ kind: "team-channel-list", teamId: id });
  return [
    tell(organisation, team, [listOf(team), { kind: "channel-list" }]),
    ...(guest ? [tell(guest.organisation, guest.team, [listOf(guest.team)])] : []),
  ];
}
