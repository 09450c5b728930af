/**
 * A notification about a team or channel itself names it in `resource`.
 * Source: https://learn.microsoft.com/graph/teams-changenotifications-team-and-channel
 */
import { readResourceKeys } from "./message-resource.ts";

export interface PlaceResource {
  /** Entra group id. */
  readonly teamId: string;
  /** Null: the team itself. */
  readonly channelId: string | null;
}

/** The address, or null where `resource` names no team and no channel. */
export function parsePlaceResource(resource: string): PlaceResource | null {
  const segments = readResourceKeys(resource);
  if (!segments) return null;
  const [names, [teamId = "", channelId = null]] = segments;
  const path = names.join("/");
  return path === "teams" || path === "teams/channels" ? { teamId, channelId } : null;
}
