import { parseTeamsApp } from "../wire/graph-answers.ts";
import type { GraphTenant } from "./graph-client.ts";

/**
 * The id that the tenant's catalog gave our app; the manifest's own id is its `externalId`. Null where the app is not
 * in this catalog (side-loaded). Needs `AppCatalog.Read.All`.
 * Source: https://learn.microsoft.com/graph/api/appcatalogs-list-teamsapps
 */
export async function findCatalogId(graph: GraphTenant, teamsAppId: string): Promise<string | null> {
  const apps = await graph.list(`/appCatalogs/teamsApps?$filter=externalId eq '${teamsAppId}'`);
  return apps.map(parseTeamsApp)[0]?.id ?? null;
}
