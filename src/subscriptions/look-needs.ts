import type { Edges } from "../edges.ts";
import type { Graph } from "../graph/graph-client.ts";
import type { ListenEntry } from "../model/listen.ts";
import type { Storage } from "../storage/storage.ts";
import type { Quota } from "./plan-quota.ts";
import type { Carrier } from "./carry-out.ts";

/** What the keeper lives on. */
export interface LookNeeds extends Carrier {
  readonly storage: Storage;
  readonly graph: Graph;
  readonly teamsAppId: string;
  readonly botId: string;
  readonly listen: readonly ListenEntry[];
  readonly chatSubscriptions: "off" | "beta";
  readonly quota: Quota;
  /** Whether we have the key of a certificate: without it what is sealed to it stays closed. */
  readonly hasKey: (certificateId: string) => boolean;
  /** Something is to be read back. */
  readonly onGap: () => void;
  readonly edges: Edges;
}
