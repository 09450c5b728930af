/** What the keeper remembers of a tenant from look to look. Lost with the program, and nothing with it. */
import type { Edges } from "../edges.ts";
import { createCatalogEntry, type CatalogEntry } from "./catalog-entry.ts";
import { createRefusals, type Refusals } from "./refusals.ts";
import { createTeamSheets, type TeamSheets } from "./team-sheets.ts";

/** A subscription that stands anew, and since when (epoch ms) Graph may have been silent about its resource. */
export interface Silence {
  readonly resource: string;
  readonly since: number;
}

export interface TenantView {
  readonly catalog: CatalogEntry;
  readonly sheets: TeamSheets;
  readonly refusals: Refusals;
  /** Teams (Entra group ids) in which something has just changed: what is to be done there comes first. */
  readonly urgent: Set<string>;
  /** What could not be done last time, by resource: what can is done before it. */
  readonly failed: Set<string>;
  /** Where Graph may have been silent, and which is not written down yet. */
  silences: readonly Silence[];
  /** So many looks in a row could not read all that may be wished for. */
  unread: number;
  /** Another look is waiting: this one may leave it the rest. */
  isAwaited: boolean;
  /** What a watch did not tell while it did not stand is to be read: another look follows. */
  isStale: boolean;
  /** When Graph was last asked for its list, epoch ms; 0: not yet. */
  listedAt: number;
  /** When conversations that are wished for no more were last looked for, epoch ms; 0: not yet. */
  forgotAt: number;
  /** That the quota is near was said. */
  isWarned: boolean;
  /** As last written down, as text. */
  spots: string;
}

export function createTenantView(edges: Pick<Edges, "now">): TenantView {
  return {
    catalog: createCatalogEntry(edges),
    sheets: createTeamSheets(edges),
    refusals: createRefusals(edges.now),
    urgent: new Set(),
    failed: new Set(),
    silences: [],
    unread: 0,
    isAwaited: false,
    isStale: false,
    listedAt: 0,
    forgotAt: 0,
    isWarned: false,
    spots: "",
  };
}
