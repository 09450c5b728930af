/**
 * Teams and channels as Graph shows them: in GET answers and in sealed notifications.
 * Sources: https://learn.microsoft.com/graph/api/resources/team, https://learn.microsoft.com/graph/api/resources/channel
 */
import { formatInstant } from "./posted-message.ts";
import type { Channel, Organisation, Team } from "./tenant-model.ts";

type Resource = Readonly<Record<string, unknown>>;

/** A notification's `resource`: the team's path, key in parentheses. */
export function formatTeamPath(team: Team): string {
  return `teams('${team.id}')`;
}

/** `team` is the one in whose list the channel stands: its own, or one that it is shared with. */
export function formatChannelPath(team: Team, channel: Channel): string {
  return `${formatTeamPath(team)}/channels('${channel.id}')`;
}

export function formatChannel(channel: Channel, team: Team, organisation: Organisation): Resource {
  const { id, name, kind, createdAtMs } = channel;
  return {
    id,
    createdDateTime: formatInstant(createdAtMs),
    displayName: name,
    description: null,
    email: "",
    isArchived: team.isArchived,
    tenantId: organisation.id,
    webUrl: formatWebUrl("channel", id, `/${encodeURIComponent(name)}`, team, organisation),
    membershipType: kind,
  };
}

/** What a GET shows only where it is asked for. */
export function formatSealedChannel(channel: Channel, team: Team, organisation: Organisation): Resource {
  return {
    "@odata.context": `https://graph.microsoft.com/v1.0/$metadata#teams('${team.id}')/channels/$entity`,
    ...formatChannel(channel, team, organisation),
    isFavoriteByDefault: null,
    moderationSettings: null,
  };
}

export function formatSealedTeam(team: Team, organisation: Organisation): Resource {
  const generalId = team.channels[0]?.id ?? "";
  return {
    "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#teams/$entity",
    id: team.id,
    createdDateTime: formatInstant(team.createdAtMs),
    displayName: team.name,
    description: null,
    internalId: generalId,
    classification: null,
    specialization: "none",
    visibility: "public",
    tenantId: organisation.id,
    webUrl: formatWebUrl("team", generalId, "/conversations", team, organisation),
    isArchived: team.isArchived,
    isMembershipLimitedToOwners: false,
    memberSettings: {
      allowCreateUpdateChannels: true,
      allowCreatePrivateChannels: true,
      allowDeleteChannels: true,
      allowAddRemoveApps: true,
      allowCreateUpdateRemoveTabs: true,
      allowCreateUpdateRemoveConnectors: true,
    },
    guestSettings: { allowCreateUpdateChannels: false, allowDeleteChannels: false },
    messagingSettings: {
      allowUserEditMessages: true,
      allowUserDeleteMessages: true,
      allowOwnerDeleteMessages: true,
      allowTeamMentions: true,
      allowChannelMentions: true,
    },
    funSettings: {
      allowGiphy: true,
      giphyContentRating: "moderate",
      allowStickersAndMemes: true,
      allowCustomMemes: true,
    },
  };
}

function formatWebUrl(what: string, id: string, end: string, team: Team, organisation: Organisation): string {
  const query = new URLSearchParams({ groupId: team.id, tenantId: organisation.id });
  return `https://teams.microsoft.com/l/${what}/${encodeURIComponent(id)}${end}?${query.toString()}`;
}
