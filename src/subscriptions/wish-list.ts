/** What we want to hear in one tenant: from where the app is installed, and what Graph tells of it. */
import { toEarshotError, type EarshotError } from "../errors.ts";
import { findCatalogId } from "../graph/find-catalog-id.ts";
import type { GraphTenant } from "../graph/graph-client.ts";
import { listChannels, type TeamChannel } from "../graph/list-channels.ts";
import { APP_ROLES, RSC_PERMISSIONS } from "../graph/permissions.ts";
import type { InstalledPlace, SubscriptionRecord } from "../storage/storage.ts";
import { formatChannelResource } from "./channel-resource.ts";
import type { Wanted } from "./plan.ts";

export interface WishList {
  readonly wanted: readonly Wanted[];
  /** What cannot be heard through Graph, and why, in words for people. */
  readonly deaf: readonly DeafSpot[];
  /** What could not be read this time, and may be another time. */
  readonly failures: readonly EarshotError[];
}

export interface DeafSpot {
  readonly label: string;
  readonly teamId: string | null;
  /** Where the spot is one channel. */
  readonly channelId?: string;
  readonly reason: string;
}

export async function readWishList(needs: {
  graph: GraphTenant;
  teamsAppId: string;
  places: readonly InstalledPlace[];
  /** What is subscribed to already stays wanted while Graph cannot be asked. */
  known: readonly SubscriptionRecord[];
}): Promise<WishList> {
  const { graph, places, known } = needs;
  const parts: WishList[] = [];
  if (places.length > 0) {
    parts.push(await readChatWish(graph, needs.teamsAppId, known));
  }
  for (const place of places) {
    if (place.kind === "team") parts.push(await readTeamWish(graph, place, known));
  }
  return {
    wanted: parts.flatMap(({ wanted }) => wanted),
    deaf: parts.flatMap(({ deaf }) => deaf),
    failures: parts.flatMap(({ failures }) => failures),
  };
}

const CHATS = "Chats with Earshot";

async function readChatWish(
  graph: GraphTenant,
  teamsAppId: string,
  known: readonly SubscriptionRecord[],
): Promise<WishList> {
  try {
    const catalogId = await findCatalogId(graph, teamsAppId);
    if (catalogId === null) {
      return {
        wanted: [],
        failures: [],
        deaf: [describeChats("the app is not in this organisation's app catalog")],
      };
    }
    const resource = `/appCatalogs/teamsApps/${catalogId}/installedToChats/getAllMessages`;
    return { wanted: [{ resource, label: CHATS }], deaf: [], failures: [] };
  } catch (thrown) {
    const error = toEarshotError(thrown);
    const kept = keepKnown(known, "/appCatalogs/");
    if (error.code === "graph-forbidden") {
      return {
        wanted: kept,
        failures: [],
        deaf: [describeChats(`${APP_ROLES.readAppCatalog.name} is not consented to`)],
      };
    }
    return { wanted: kept, deaf: [], failures: [error] };
  }
}

function describeChats(why: string): DeafSpot {
  return { label: CHATS, teamId: null, reason: `heard through Bot Framework alone: ${why}` };
}

async function readTeamWish(
  graph: GraphTenant,
  place: InstalledPlace,
  known: readonly SubscriptionRecord[],
): Promise<WishList> {
  const { teamId, name } = place;
  if (teamId === null) {
    const reason =
      "heard through Bot Framework alone: the team's group id is not known; install the app again";
    return { wanted: [], failures: [], deaf: [{ label: name, teamId, reason }] };
  }
  try {
    const channels = await listChannels(graph, teamId);
    const labelled = channels.map((channel) => ({ ...channel, label: `${name} › ${channel.name}` }));
    return {
      wanted: labelled
        .filter(({ kind }) => kind === "standard")
        .map(({ id, label }) => ({
          resource: formatChannelResource({ teamId, channelId: id }),
          label,
        })),
      deaf: labelled
        .filter(({ kind }) => kind !== "standard")
        .map(({ id, kind, label }) => ({
          label,
          teamId,
          channelId: id,
          reason: describeSilence(kind),
        })),
      failures: [],
    };
  } catch (thrown) {
    const error = toEarshotError(thrown);
    const kept = keepKnown(known, `/teams/${teamId}/`);
    if (error.code === "graph-forbidden" || error.code === "graph-not-found") {
      const reason = `channels cannot be listed: ${RSC_PERMISSIONS.readChannelList.name} is not granted; install the app again`;
      return { wanted: kept, failures: [], deaf: [{ label: name, teamId, reason }] };
    }
    return { wanted: kept, deaf: [], failures: [error] };
  }
}

/** Under resource-specific consent Graph has no messages of these. */
function describeSilence(kind: TeamChannel["kind"]): string {
  return kind === "unknown"
    ? "not heard: a kind of channel that is new to me"
    : `not heard: it is a ${kind} channel`;
}

function keepKnown(known: readonly SubscriptionRecord[], prefix: string): Wanted[] {
  return known
    .filter(({ resource }) => resource.startsWith(prefix))
    .map(({ resource, label }) => ({ resource, label }));
}
