/** The channels of a team in which the app is installed, each with a subscription of its own, and their comings and goings. */
import { RSC_PERMISSIONS } from "../graph/permissions.ts";
import type { ListenEntry } from "../model/listen.ts";
import type { InstalledPlace } from "../storage/storage.ts";
import type { DeafSpot, SubscriptionRecord } from "../storage/subscription-record.ts";
import { formatChannelResource } from "./channel-resource.ts";
import { CHANGE_TYPES, type Wanted } from "./plan.ts";
import { readResourceScope } from "./resource-scope.ts";
import { NO_WISHES, type WishedConversation, type WishList, type WishNeeds } from "./wishes.ts";

export async function readTeamWish(
  place: InstalledPlace,
  entry: ListenEntry,
  needs: WishNeeds,
): Promise<WishList> {
  const { teamId, name } = place;
  const { tenantId } = needs;
  const { wantedBy } = entry;
  const describeDeaf = (reason: string): DeafSpot => ({
    ...{
      tenantId,
      label: name,
      teamId,
      conversationId: null,
      wantedBy,
      state: "bot-framework",
      reason,
      refused: null,
    },
  });
  if (teamId === null) {
    const reason =
      "heard through Bot Framework alone: the team's group id is not known; install the app again";
    return { ...NO_WISHES, deaf: [describeDeaf(reason)] };
  }
  const sheet = await needs.sheets.read(needs.graph, teamId);
  if (sheet.failure) {
    const kept = keepKnown(needs.known, teamId);
    const { code } = sheet.failure;
    if (code !== "graph-forbidden" && code !== "graph-not-found") {
      return { ...NO_WISHES, wanted: kept, failures: [sheet.failure] };
    }
    const reason = `channels cannot be listed: ${RSC_PERMISSIONS.readChannelList.name} is not granted; install the app again`;
    return { ...NO_WISHES, wanted: kept, deaf: [describeDeaf(reason)] };
  }
  const heard = sheet.channels.filter(({ isArchived }) => !isArchived);
  const labelOf = (channel: { name: string }) => `${name} › ${channel.name}`;
  return {
    ...NO_WISHES,
    wanted: [
      ...heard.map((channel): Wanted => ({
        resource: formatChannelResource({ teamId, channelId: channel.id }),
        ...{
          label: labelOf(channel),
          wantedBy,
          changeTypes: CHANGE_TYPES,
          content: entry.content,
          api: "v1.0",
        },
      })),
      watchChannels(teamId, name, wantedBy),
    ],
    conversations: heard.map((channel): WishedConversation => ({
      conversationId: channel.id,
      teamId,
      label: labelOf(channel),
      since: Math.max(place.installedAt, channel.createdAt),
      isDoubtful: channel.kind !== "standard",
    })),
  };
}

/** Tells of channels that come, go and change their names; so does Bot Framework, whichever is first. */
function watchChannels(teamId: string, name: string, wantedBy: string): Wanted {
  const common = { wantedBy, changeTypes: CHANGE_TYPES, content: "fetch", api: "v1.0" } as const;
  return { resource: `/teams/${teamId}/channels`, label: `${name} › list of channels`, ...common };
}

function keepKnown(known: readonly SubscriptionRecord[], teamId: string): Wanted[] {
  return known.filter(({ resource }) => {
    const scope = readResourceScope(resource);
    return (scope?.kind === "channel" || scope?.kind === "team-channels") && scope.teamId === teamId;
  });
}
