/**
 * What Teams says of itself in a conversation, each event with Graph's detail and a sentence for the reader.
 * Source: https://learn.microsoft.com/graph/system-messages
 */
import type { Edges } from "../edges.ts";
import { ApiFault } from "./api-fault.ts";
import { formatInstant } from "./posted-message.ts";
import type { Store } from "./store.ts";
import type { Author, BotIdentity, Person, Place, StoredMessage, SystemEvent } from "./tenant-model.ts";

/** What an event may need to know. */
export interface EventFacts {
  readonly by: Person;
  /** Whom it is about. */
  readonly members: readonly Person[];
  /** The name that something has now; a description. */
  readonly name: string;
  /** The channel it is about, where that is not the one it stands in. */
  readonly channelId?: string;
}

interface Context extends EventFacts {
  readonly place: Place;
  readonly bot: BotIdentity;
  readonly nowMs: number;
  readonly callId: string;
}

type Row = readonly [
  where: "chat" | "channel" | "anywhere",
  detail: (context: Context) => Readonly<Record<string, unknown>>,
  text: (context: Context) => string,
];

const members = ({ members: people }: Context) => ({ members: people.map(formatMember) });
const team = ({ place }: Context) => ({ teamId: place.kind === "channel" ? place.team.id : "" });
const namedTeam = (context: Context) => ({ ...team(context), teamDisplayName: context.name });
const channel = ({ place, channelId }: Context) => ({
  channelId: channelId ?? (place.kind === "channel" ? place.channel.id : ""),
});
const namedChannel = (context: Context) => ({ ...channel(context), channelDisplayName: context.name });
const chat = ({ place }: Context) => (place.kind === "chat" ? place.chat.id : "");
const app = ({ place, bot, name }: Context) => ({
  ...{ teamsAppId: place.organisation.catalogAppId, teamsAppDisplayName: name || bot.name },
});
const call = ({ place, callId }: Context) => ({
  ...{ callId, callEventType: place.kind === "chat" && place.chat.kind !== "meeting" ? "call" : "meeting" },
});
const organizer = ({ by }: Context) => ({ meetingOrganizer: formatIdentity(by) });
const pinned = ({ nowMs }: Context) => ({ eventDateTime: formatInstant(nowMs) });
const about = ({ members: people }: Context) => people.map(({ name }) => name).join(", ");

const EVENTS = {
  membersAdded: [
    "anywhere",
    (context) => ({ visibleHistoryStartDateTime: "0001-01-01T00:00:00Z", ...members(context) }),
    (context) => `added ${about(context)}`,
  ],
  membersDeleted: ["anywhere", members, (context) => `removed ${about(context)}`],
  membersJoined: ["chat", members, (context) => `let ${about(context)} join`],
  membersLeft: ["chat", members, () => "left"],
  conversationMemberRoleUpdated: [
    "channel",
    ({ members: [first], by, name }) => ({
      conversationMemberRoles: [name || "Owner"],
      conversationMemberUser: formatMember(first ?? by),
    }),
    (context) => `made ${about(context)} ${context.name || "Owner"}`,
  ],
  chatRenamed: [
    "chat",
    (context) => ({ chatId: chat(context), chatDisplayName: context.name }),
    ({ name }) => `named the chat ${name}`,
  ],
  meetingPolicyUpdated: [
    "chat",
    (context) => ({ meetingChatId: chat(context), meetingChatEnabled: true }),
    () => "changed the meeting's chat",
  ],
  messagePinned: ["chat", pinned, () => "pinned a message"],
  messageUnpinned: ["chat", pinned, () => "unpinned a message"],
  callStarted: ["anywhere", call, () => "started a call"],
  callEnded: [
    "anywhere",
    (context) => ({
      ...{ ...call(context), callDuration: "PT59S" },
      callParticipants: [context.by, ...context.members].map((one) => ({ participant: formatIdentity(one) })),
    }),
    () => "ended the call",
  ],
  callRecording: [
    "anywhere",
    (context) => ({
      callId: context.callId,
      callRecordingDisplayName: `${context.name || "Meeting Recording"}.mp4`,
      callRecordingUrl: `https://${readHost(context)}/Recordings/Meeting%20Recording.mp4?web=1`,
      callRecordingDuration: "PT40M19.26S",
      callRecordingStatus: "success",
      ...organizer(context),
    }),
    () => "recorded the call",
  ],
  callTranscript: [
    "anywhere",
    (context) => ({
      ...{ callId: context.callId, callTranscriptICalUid: Buffer.from(context.callId).toString("hex") },
      ...organizer(context),
    }),
    () => "has a transcript of the call",
  ],
  tabUpdated: ["anywhere", ({ callId }) => ({ tabId: `tab::${callId}` }), () => "changed a tab"],
  teamsAppInstalled: ["anywhere", app, ({ name, bot }) => `added the app ${name || bot.name}`],
  teamsAppRemoved: ["anywhere", app, ({ name, bot }) => `removed the app ${name || bot.name}`],
  teamsAppUpgraded: ["anywhere", app, ({ name, bot }) => `upgraded the app ${name || bot.name}`],
  channelAdded: ["channel", namedChannel, ({ name }) => `added the channel ${name}`],
  channelDeleted: ["channel", namedChannel, ({ name }) => `deleted the channel ${name}`],
  channelRenamed: ["channel", namedChannel, ({ name }) => `named the channel ${name}`],
  channelDescriptionUpdated: [
    "channel",
    (context) => ({ ...channel(context), channelDescription: context.name }),
    ({ name }) => `described the channel: ${name}`,
  ],
  channelSetAsFavoriteByDefault: ["channel", channel, () => "shows the channel to everybody"],
  channelUnsetAsFavoriteByDefault: ["channel", channel, () => "shows the channel to nobody by itself"],
  channelSharingUpdated: [
    "channel",
    ({ place, channelId }) => ({
      sharedChannelId: channelId ?? (place.kind === "channel" ? place.channel.id : ""),
      ownerTeamId: place.kind === "channel" ? place.team.id : "",
      ownerTenantId: place.organisation.id,
    }),
    () => "changed with whom the channel is shared",
  ],
  teamCreated: [
    "channel",
    (context) => ({ ...namedTeam(context), teamDescription: "" }),
    ({ name }) => `made the team ${name}`,
  ],
  teamRenamed: ["channel", namedTeam, ({ name }) => `named the team ${name}`],
  teamDescriptionUpdated: [
    "channel",
    (context) => ({ ...team(context), teamDescription: context.name }),
    ({ name }) => `described the team: ${name}`,
  ],
  teamArchived: ["channel", team, () => "archived the team"],
  teamUnarchived: ["channel", team, () => "took the team out of the archive"],
  teamJoiningEnabled: ["channel", team, () => "lets people join the team by a code"],
  teamJoiningDisabled: ["channel", team, () => "lets nobody join the team by a code"],
} as const satisfies Record<string, Row>;

export type SystemEventName = keyof typeof EVENTS;
export const SYSTEM_EVENTS = Object.keys(EVENTS) as readonly SystemEventName[];

/** Whoever asks for the author of what Teams says itself. */
const NOBODY: Author = { id: "", name: "", isBot: false };

/** Posts an event; throws 400 where Teams has none of this kind in such a place. Of a team it stands in General. */
export type PostEvent = (name: SystemEventName, place: Place, facts: EventFacts) => StoredMessage;

export function createSystemEvents(needs: {
  readonly edges: Pick<Edges, "now" | "randomUuid">;
  readonly store: Pick<Store, "post">;
  readonly bot: BotIdentity;
}): PostEvent {
  const { edges, store, bot } = needs;
  return (name, place, facts) => {
    const [where]: Row = EVENTS[name];
    if (where !== "anywhere" && where !== place.kind) {
      throw new ApiFault(400, "BadRequest", `Teams tells of ${name} in a ${where} alone.`);
    }
    const context = { ...facts, place, bot, nowMs: edges.now(), callId: edges.randomUuid() };
    const systemEvent = describeEvent(name, context);
    return store.post({ place, rootId: null, author: NOBODY, parts: [], systemEvent });
  };
}

function describeEvent(name: SystemEventName, context: Context): SystemEvent {
  const [, readDetail, readText]: Row = EVENTS[name];
  const detail = { ...readDetail(context), initiator: formatIdentity(context.by) };
  return { name, detail, text: `${context.by.name} ${readText(context)}.` };
}

/** Names are left out, but of guests. */
function formatMember({ id }: Person): object {
  return { id, displayName: null, userIdentityType: "aadUser" };
}

function formatIdentity(person: Person): object {
  return { application: null, device: null, user: formatMember(person) };
}

function readHost({ place }: Context): string {
  return place.organisation.domain.replace(".onmicrosoft.com", ".sharepoint.com");
}
