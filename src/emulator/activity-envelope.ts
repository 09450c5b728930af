/** What every activity has in common: who it is from and for, where it stands, and what Teams adds to it. */
import { formatInstant } from "./posted-message.ts";
import type { BotIdentity, Organisation, Person, Place, Team } from "./tenant-model.ts";
import { formatBotAccountId, formatPersonAccountId } from "./thread-ids.ts";

export type Activity = Record<string, unknown> & { readonly type: string };

export interface ActivityContext {
  readonly bot: BotIdentity;
  readonly serviceUrl: string;
  readonly nowMs: number;
}

export function createEnvelope(
  id: string,
  organisation: Organisation,
  { bot, serviceUrl, nowMs }: ActivityContext,
) {
  return {
    id,
    timestamp: formatInstant(nowMs),
    channelId: "msteams",
    serviceUrl: `${serviceUrl}/${organisation.id}/`,
    recipient: { id: formatBotAccountId(bot.id), name: bot.name },
  };
}

/** A person as the one who does something; what Teams tells of its own accord does not say the name. */
export function formatActor(person: Person, { bot }: ActivityContext, extra: { name?: string } = {}) {
  return { id: formatPersonAccountId(person.id, bot.id), ...extra, aadObjectId: person.id };
}

/** `rootId`: of the thread; chats have none. */
export function formatConversation(place: Place, rootId: string): object {
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

/** The team is named by its id in Bot Framework alone: only what is told of the team itself names the group behind it. */
export function formatPlaceData(place: Place): object {
  const tenant = { id: place.organisation.id };
  if (place.kind === "chat") {
    const { kind, id } = place.chat;
    return kind === "meeting" ? { tenant, meeting: { id: Buffer.from(id).toString("base64") } } : { tenant };
  }
  return { channel: { id: place.channel.id }, team: { id: readGeneralId(place.team) }, tenant };
}

export function formatTeam(team: Team): object {
  return { aadGroupId: team.id, id: readGeneralId(team), name: team.name };
}

/** The id of the General channel is the team's id in Bot Framework. */
export function readGeneralId(team: Team): string {
  return team.channels[0]?.id ?? "";
}

/** Where the person sits and what with; every activity by hand carries it. */
export const CLIENT_INFO = {
  ...{ locale: "en-US", country: "US", platform: "Web", timezone: "UTC", type: "clientInfo" },
};

/** With the offset of the person's zone, which here is none. */
export function formatLocalInstant(atMs: number): string {
  return formatInstant(atMs).replace("Z", "+00:00");
}
