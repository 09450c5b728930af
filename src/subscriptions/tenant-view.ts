/** What the keeper remembers of a tenant from look to look. Lost with the program, and nothing with it. */
import type { Edges } from "../edges.ts";
import type { DeafSpot } from "../storage/subscription-record.ts";
import { createCatalogEntry, type CatalogEntry } from "./catalog-entry.ts";
import { createRefusals, type Refusals } from "./refusals.ts";
import { createTeamSheets, type TeamSheets } from "./team-sheets.ts";

export interface TenantView {
  readonly catalog: CatalogEntry;
  readonly sheets: TeamSheets;
  readonly refusals: Refusals;
  /** What the database has of each conversation, as far as we wrote it: by its id. */
  readonly conversations: Map<string, string>;
  /** Teams (Entra group ids) in which something has just changed: what is to be done there comes first. */
  readonly urgent: Set<string>;
  /** Another look is waiting: this one may leave it the rest. */
  isAwaited: boolean;
  /** When Graph was last asked for its list, epoch ms; 0: not yet. */
  listedAt: number;
  /** When conversations that are wished for no more were last looked for, epoch ms; 0: not yet. */
  forgotAt: number;
  /** That the quota is near was said. */
  isWarned: boolean;
  /** False where the same was noted before. */
  notes(spots: readonly DeafSpot[]): boolean;
}

export function createTenantView(edges: Pick<Edges, "now">): TenantView {
  let noted = "";
  return {
    catalog: createCatalogEntry(edges),
    sheets: createTeamSheets(edges),
    refusals: createRefusals(edges.now),
    conversations: new Map(),
    urgent: new Set(),
    isAwaited: false,
    listedAt: 0,
    forgotAt: 0,
    isWarned: false,
    notes: (spots) => {
      const text = JSON.stringify(spots);
      const isNews = text !== noted;
      noted = text;
      return isNews;
    },
  };
}
