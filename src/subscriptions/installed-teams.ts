import type { Edges } from "../edges.ts";
import type { Storage } from "../storage/storage.ts";

/** Another instance may have been told of an install. */
const KEPT_MS = 30_000;

/** Answers whether the app is in a team (Entra group id), from memory for the thousands of messages that ask. */
export function createInstalledTeams(needs: {
  storage: Pick<Storage, "listPlaces">;
  edges: Pick<Edges, "now">;
}): (team: { tenantId: string; teamId: string }) => Promise<boolean> {
  const { storage, edges } = needs;
  const tenants = new Map<
    string,
    { readonly readAt: number; readonly teams: Promise<ReadonlySet<string>> }
  >();
  const read = async (tenantId: string): Promise<ReadonlySet<string>> => {
    const places = await storage.listPlaces({ tenantId });
    return new Set(places.flatMap(({ teamId }) => teamId?.toLowerCase() ?? []));
  };
  return async ({ tenantId, teamId }) => {
    let known = tenants.get(tenantId);
    if (!known || edges.now() - known.readAt >= KEPT_MS) {
      known = { readAt: edges.now(), teams: read(tenantId) };
      tenants.set(tenantId, known);
    }
    try {
      return (await known.teams).has(teamId.toLowerCase());
    } catch (error) {
      tenants.delete(tenantId);
      throw error;
    }
  };
}
