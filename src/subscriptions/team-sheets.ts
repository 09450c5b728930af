/** What Graph last told of each team, so that what happens in one does not have all of them read again. */
import type { Edges } from "../edges.ts";
import { toEarshotError, type EarshotError } from "../errors.ts";
import type { GraphTenant } from "../graph/graph-client.ts";
import { listChannels, type TeamChannel } from "../graph/list-channels.ts";

export interface TeamSheet {
  readonly channels: readonly TeamChannel[];
  /** Why they could not be read. */
  readonly failure: EarshotError | null;
}

export interface TeamSheets {
  /** As last read, or read now. */
  read(graph: GraphTenant, teamId: string): Promise<TeamSheet>;
  /** It is read again when it is wanted next. */
  forget(teamId: string): void;
}

/** Both ears tell of changes; this is for what neither told. */
const KEPT_MS = 12 * 60 * 60_000;

export function createTeamSheets(edges: Pick<Edges, "now">): TeamSheets {
  const sheets = new Map<string, { readonly sheet: TeamSheet; readonly readAt: number }>();
  return {
    read: async (graph, teamId) => {
      const known = sheets.get(teamId);
      if (known && edges.now() - known.readAt < KEPT_MS) return known.sheet;
      try {
        const sheet = { channels: await listChannels(graph, teamId), failure: null };
        sheets.set(teamId, { sheet, readAt: edges.now() });
        return sheet;
      } catch (thrown) {
        // Not kept: the next look asks again.
        return { channels: [], failure: toEarshotError(thrown) };
      }
    },
    forget: (teamId) => void sheets.delete(teamId),
  };
}
