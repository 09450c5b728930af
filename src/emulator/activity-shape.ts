/**
 * Activities in the shape in which Teams sends them to a bot.
 * Sources: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/channel-messages-for-bots-and-agents,
 * https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/subscribe-to-conversation-events
 */
import { formatActivityText, formatGraphHtml, listMentions } from "./message-html.ts";
import { formatInstant } from "./posted-message.ts";
import type {
  BotIdentity,
  ChannelChange,
  InstallTarget,
  Organisation,
  Person,
  Place,
  StoredMessage,
  Team,
  TeamChange,
} from "./tenant-model.ts";
import { formatBotAccountId, formatPersonAccountId } from "./thread-ids.ts";

export type Activity = Record<string, unknown> & { readonly type: string };

export interface ActivityContext {
  readonly bot: BotIdentity;
  readonly serviceUrl: string;
  readonly nowMs: number;
}

export type MessageActivityType = "message" | "messageUpdate" | "messageDelete";

const EVENT_TYPES = { messageUpdate: "editMessage", messageDelete: "softDeleteMessage" } as const;

/** A person's message. Ids equal those of Graph's chatMessage. `author` is who wrote it. */
export function createMessageActivity(
  type: MessageActivityType,
  message: StoredMessage,
  place: Place,
  context: ActivityContext,
): Activity {
  const { bot } = context;
  const { id, name } = message.author;
  const mentions = listMentions(message.parts).map((mention) => ({
    type: "mention",
    mentioned: { id: formatAccountId(mention.id, bot), name: mention.name },
    text: `<at>${mention.name}</at>`,
  }));
  return {
    type,
    ...createEnvelope(message.id, place.organisation, context),
    from: { id: formatPersonAccountId(id, bot.id), name, aadObjectId: id },
    conversation: formatConversation(place, message.rootId ?? message.id),
    channelData: {
      ...formatChannelData(place),
      ...(type === "message" ? {} : { eventType: EVENT_TYPES[type] }),
    },
    ...(type === "messageDelete"
      ? {}
      : {
          text: formatActivityText(message.parts),
          textFormat: "plain",
          attachments: [{ contentType: "text/html", content: `<p>${formatGraphHtml(message.parts)}</p>` }],
          entities: [
            ...mentions,
            { type: "clientInfo", locale: "en-US", country: "US", platform: "Web", timezone: "UTC" },
          ],
        }),
    localTimestamp: formatInstant(message.modifiedAtMs),
    locale: "en-US",
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
  const update: Activity = { type: "installationUpdate", action, ...shared(updateId) };
  if (action === "add-upgrade") return [update];
  const bot = [{ id: formatBotAccountId(context.bot.id) }];
  const eventType = action === "add" ? "teamMemberAdded" : "teamMemberRemoved";
  return [
    update,
    {
      type: "conversationUpdate",
      ...shared(membersId, target.kind === "team" ? { eventType } : {}),
      ...(action === "add" ? { membersAdded: bot } : { membersRemoved: bot }),
    },
  ];
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

function createInstallShape(target: InstallTarget, installer: Person | undefined, context: ActivityContext) {
  const { organisation } = target;
  const tenant = { id: organisation.id };
  const generalId = target.kind === "team" ? readGeneralId(target.team) : "";
  const conversation =
    target.kind === "team"
      ? { isGroup: true, conversationType: "channel", id: generalId, tenantId: organisation.id }
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
    from: {
      id: installer ? formatPersonAccountId(installer.id, context.bot.id) : "",
      aadObjectId: installer?.id,
    },
    conversation,
    channelData: { ...channelData, ...extra },
  });
}

function formatTeam(team: Team): object {
  return { aadGroupId: team.id, id: readGeneralId(team), name: team.name };
}

function createEnvelope(id: string, organisation: Organisation, { bot, serviceUrl, nowMs }: ActivityContext) {
  return {
    id,
    timestamp: formatInstant(nowMs),
    channelId: "msteams",
    serviceUrl: `${serviceUrl}/${organisation.id}/`,
    recipient: { id: formatBotAccountId(bot.id), name: bot.name },
  };
}

function formatConversation(place: Place, rootId: string): object {
  const tenantId = place.organisation.id;
  if (place.kind === "channel") {
    const id = `${place.channel.id};messageid=${rootId}`;
    return { isGroup: true, conversationType: "channel", id, tenantId };
  }
  const { kind, botConversationId: id } = place.chat;
  return kind === "personal"
    ? { conversationType: "personal", id, tenantId }
    : { isGroup: true, conversationType: "groupChat", id, tenantId };
}

function formatChannelData(place: Place): object {
  const tenant = { id: place.organisation.id };
  if (place.kind === "chat") {
    const { kind, id } = place.chat;
    return kind === "meeting" ? { tenant, meeting: { id: Buffer.from(id).toString("base64") } } : { tenant };
  }
  const teamId = readGeneralId(place.team);
  return {
    teamsChannelId: place.channel.id,
    teamsTeamId: teamId,
    channel: { id: place.channel.id },
    team: { id: teamId },
    tenant,
  };
}

/** The id of the General channel is the team's id in Bot Framework. */
function readGeneralId(team: Team): string {
  return team.channels[0]?.id ?? "";
}

function capitalise(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function formatAccountId(id: string, bot: BotIdentity): string {
  return id === bot.id ? formatBotAccountId(id) : formatPersonAccountId(id, bot.id);
}
