import { parsePermissionGrant } from "../wire/graph-answers.ts";
import type { GraphTenant } from "./graph-client.ts";

/**
 * Names of the resource-specific permissions that our app holds in one team or chat. Needs
 * `TeamsAppInstallation.Read.Group` or `.Chat`. The documents are not of one mind on which of the two ids is the app's.
 * Source: https://learn.microsoft.com/graph/api/team-list-permissiongrants
 */
export async function listGrants(
  graph: GraphTenant,
  place: { kind: "teams" | "chats"; id: string; botId: string },
): Promise<string[]> {
  const grants = await graph.list(`/${place.kind}/${encodeURIComponent(place.id)}/permissionGrants`);
  return grants
    .map(parsePermissionGrant)
    .filter(({ clientAppId, clientId }) => [clientAppId, clientId].includes(place.botId))
    .filter(({ deletedDateTime }) => !deletedDateTime)
    .flatMap(({ permission }) => permission ?? []);
}
