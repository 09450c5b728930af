/**
 * Activities in the shape in which Teams sends them to a bot: what is said, and what becomes of places and people.
 * Sources: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/channel-messages-for-bots-and-agents,
 * https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/subscribe-to-conversation-events
 */
import {
  CLIENT_INFO,
  createEnvelope,
  formatActor,
  formatConversation,
  formatLocalInstant,
  formatPlaceData,
  formatTeam,
  readGeneralId,
  type Activity,
  type ActivityContext,
} from "./activity-envelope.ts";
import { formatActivityAttachments } from "./activity-attachments.ts";
import { formatActivityText, listMentions } from "./message-html.ts";
import type {
  BotIdentity,
  ChannelChange,
  InstallTarget,
  MembersChange,
  Organisation,
  Person,
  Place,
  StoredMessage,
  Team,
  TeamChange,
} from "./tenant-model.ts";
import { formatBotAccountId, formatPersonAccountId } from "./thread-ids.ts";

/** What becomes of a message, as a bot is told of it. */
const MESSAGE_EVENTS = {
  posted: { type: "message" },
  edited: { type: "messageUpdate", eventType: "editMessage" },
  undeleted: { type: "messageUpdate", eventType: "undeleteMessage" },
  deleted: { type: "messageDelete", eventType: "softDeleteMessage" },
} as const;
export type MessageEvent = keyof typeof MESSAGE_EVENTS;

/** A person's message. Ids equal those of Graph's chatMessage. `author` is who wrote it. */
export function createMessageActivity(
  event: MessageEvent,
  message: StoredMessage,
  place: Place,
  context: ActivityContext,
): Activity {
  const { bot } = context;
  const { type, ...eventType } = MESSAGE_EVENTS[event];
  const { id, name } = message.author;
  const mentions = listMentions(message.parts).map((mention) => ({
    mentioned: { id: formatMentionedId(mention.id, place, bot), name: mention.name },
    text: `<at>${mention.name}</at>`,
    type: "mention",
  }));
  const envelope = createEnvelope(message.id, place.organisation, context);
  return {
    type,
    ...envelope,
    from: { id: formatPersonAccountId(id, bot.id), name, aadObjectId: id },
    conversation: formatConversation(place, message.rootId ?? message.id),
    channelData: {
      ...formatThreadData(place),
      ...eventType,
    },
    ...(type === "messageDelete"
      ? {}
      : {
          text: formatActivityText(message.parts),
          textFormat: "plain",
          attachments: formatActivityAttachments(message, envelope.serviceUrl),
          entities: [...mentions, CLIENT_INFO],
        }),
    localTimestamp: formatLocalInstant(message.modifiedAtMs),
    localTimezone: CLIENT_INFO.timezone,
    locale: CLIENT_INFO.locale,
  };
}

/** What a bot hears of its own coming and going: two activities each, in no order that counts. An upgrade is one. */
export function createInstallActivities(
  action: "add" | "remove" | "add-upgrade",
  target: InstallTarget,
  installer: Person | undefined,
  ids: readonly [string, string],
  context: ActivityContext,
): Activity[] {
  const [updateId, membersId] = ids;
  const shared = createInstallShape(target, installer, context);
  const locale = CLIENT_INFO.locale;
  const channel = target.kind === "team" ? { channel: { id: readGeneralId(target.team) } } : {};
  const update: Activity = {
    type: "installationUpdate",
    action,
    ...shared(updateId, { ...channel, source: { name: "message" } }),
    entities: [{ locale, type: "clientInfo" }],
    locale,
  };
  if (action === "add-upgrade") return [update];
  const bot = { id: formatBotAccountId(context.bot.id) };
  const isPersonal = target.kind === "chat" && target.chat.kind === "personal";
  const eventType = action === "add" ? "teamMemberAdded" : "teamMemberRemoved";
  return [
    update,
    {
      type: "conversationUpdate",
      ...shared(membersId, target.kind === "team" ? { eventType } : {}),
      ...(action === "add"
        ? { membersAdded: [bot, ...(isPersonal && installer ? [formatActor(installer, context)] : [])] }
        : { membersRemoved: [bot] }),
    },
  ];
}

/** People come and go. A chat's event has no type of its own, a team's has. */
export function createMembersActivity(change: MembersChange, id: string, context: ActivityContext): Activity {
  const { cause, target, people, actor } = change;
  const shared = createInstallShape(target, actor, context);
  const eventType = cause === "added" ? "teamMemberAdded" : "teamMemberRemoved";
  const accounts = people.map((person) => formatActor(person, context));
  return {
    type: "conversationUpdate",
    ...shared(id, target.kind === "team" ? { eventType } : {}),
    ...(cause === "added" ? { membersAdded: accounts } : { membersRemoved: accounts }),
  };
}

export function createTeamActivity(change: TeamChange, id: string, context: ActivityContext): Activity {
  const { organisation, team, cause } = change;
  return createEventActivity({ organisation, team }, { eventType: `team${capitalise(cause)}` }, id, context);
}

/** `to`: the team where the bot is told, which is the channel's own or the one that it is shared with. */
export function createChannelActivity(
  { channel, cause, guest }: ChannelChange,
  to: { readonly organisation: Organisation; readonly team: Team },
  id: string,
  context: ActivityContext,
): Activity {
  const others = guest && [{ ...formatTeam(guest.team), tenantId: guest.organisation.id }];
  const extra = {
    eventType: `channel${capitalise(cause)}`,
    channel: { id: channel.id, name: channel.name, type: channel.kind },
    ...(others && { [cause === "shared" ? "sharedWithTeams" : "unsharedFromTeams"]: others }),
  };
  return createEventActivity(to, extra, id, context);
}

function createEventActivity(
  to: { readonly organisation: Organisation; readonly team: Team },
  extra: object,
  id: string,
  context: ActivityContext,
): Activity {
  const shared = createInstallShape({ kind: "team", ...to }, to.organisation.people[0], context);
  return { type: "conversationUpdate", ...shared(id, extra) };
}

function createInstallShape(target: InstallTarget, actor: Person | undefined, context: ActivityContext) {
  const { organisation } = target;
  const tenant = { id: organisation.id };
  const generalId = target.kind === "team" ? readGeneralId(target.team) : "";
  const conversation =
    target.kind === "team"
      ? {
          ...{ isGroup: true, conversationType: "channel", tenantId: organisation.id, id: generalId },
          name: target.team.channels[0]?.name,
        }
      : formatConversation({ kind: "chat", organisation, chat: target.chat }, "");
  // Only here does Teams name the group behind the team; messages carry the team's id alone.
  const channelData =
    target.kind === "team"
      ? {
          team: formatTeam(target.team),
          settings: { selectedChannel: { id: generalId } },
          tenant,
        }
      : { tenant };
  return (id: string, extra: object = {}) => ({
    ...createEnvelope(`f:${id}`, organisation, context),
    from: actor ? formatActor(actor, context) : { id: "" },
    conversation,
    channelData: { ...channelData, ...extra },
  });
}

/** The older names of team and channel stand beside the new ones in what is said. */
function formatThreadData(place: Place): object {
  const older =
    place.kind === "channel"
      ? { teamsChannelId: place.channel.id, teamsTeamId: readGeneralId(place.team) }
      : {};
  return { ...older, ...formatPlaceData(place) };
}

function capitalise(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** Of a person, of the bot, or of the place itself, where all of it are called. */
function formatMentionedId(id: string, place: Place, bot: BotIdentity): string {
  if (id === bot.id) return formatBotAccountId(id);
  if (place.kind === "channel" && id === place.team.id) return readGeneralId(place.team);
  return id.startsWith("19:") ? id : formatPersonAccountId(id, bot.id);
}
