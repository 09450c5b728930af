/** Our app's id in a tenant's catalog, as Graph last told it. */
import type { Edges } from "../edges.ts";
import { findCatalogId } from "../graph/find-catalog-id.ts";
import type { GraphTenant } from "../graph/graph-client.ts";

export interface CatalogEntry {
  /** As last read, or read now; null where the app is not in the catalog. Throws the `graph-…` and `token-…` errors. */
  readId(graph: GraphTenant, teamsAppId: string): Promise<string | null>;
}

/** It changes where the app is deleted from the catalog and put there again. */
const KEPT_MS = 12 * 60 * 60_000;

export function createCatalogEntry(edges: Pick<Edges, "now">): CatalogEntry {
  let kept: { readonly id: string; readonly readAt: number } | null = null;
  return {
    readId: async (graph, teamsAppId) => {
      if (kept && edges.now() - kept.readAt < KEPT_MS) return kept.id;
      const id = await findCatalogId(graph, teamsAppId);
      // That it is not there may change any moment.
      kept = id === null ? null : { id, readAt: edges.now() };
      return id;
    },
  };
}
