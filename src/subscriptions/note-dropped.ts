import type { Edges } from "../edges.ts";
import type { Storage } from "../storage/storage.ts";
import { HOLD_MS } from "./keep-conversations.ts";

/** We answered so badly that Graph may have dropped what it had to tell since `since` (epoch ms): it is read back. */
export async function noteDropped(
  since: number,
  needs: {
    readonly storage: Pick<Storage, "openGaps">;
    readonly edges: Pick<Edges, "now" | "log">;
    readonly onGap: () => void;
  },
): Promise<void> {
  const { storage, edges, onGap } = needs;
  const now = edges.now();
  edges.log.warn(
    { since: new Date(since).toISOString() },
    "Graph was answered badly and may have dropped messages: they are read back",
  );
  await storage.openGaps({ heardUntil: since, reason: "drop-suspected", now, holdUntil: now + HOLD_MS });
  onGap();
}
