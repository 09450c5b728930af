import type { Edges } from "../edges.ts";
import type { Storage } from "../storage/storage.ts";
import { IN_FLIGHT_MS } from "./carry-out.ts";
import { HOLD_MS } from "./keep-conversations.ts";

/** Shorter, and Graph simply tells again; longer, and it may have begun to drop what nobody took. */
const SHORTEST_MS = 60_000;

/**
 * Where nobody was here for a while, what was said meanwhile is read back. Before anything is claimed, so that it comes
 * first.
 */
export async function noteDowntime(needs: {
  storage: Pick<Storage, "readAlive" | "openGaps">;
  edges: Pick<Edges, "now" | "log">;
}): Promise<void> {
  const { storage, edges } = needs;
  const aliveAt = await storage.readAlive();
  const now = edges.now();
  if (aliveAt === null || now - aliveAt < SHORTEST_MS) return;
  edges.log.info(
    { since: new Date(aliveAt).toISOString() },
    "nobody was here for a while: what was said meanwhile is read back",
  );
  const heardUntil = aliveAt - IN_FLIGHT_MS;
  await storage.openGaps({ heardUntil, reason: "downtime", now, holdUntil: now + HOLD_MS });
}
