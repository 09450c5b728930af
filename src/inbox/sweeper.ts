/** Forgets what was handled or set aside long enough ago, so that the database stays small and keeps little. */
import type { Edges } from "../edges.ts";
import { toEarshotError } from "../errors.ts";
import type { Storage } from "../storage/storage.ts";

export interface Sweeper {
  start(): void;
  stop(): Promise<void>;
}

const SWEEP_EVERY_MS = 10 * 60_000;
/** A call to the database takes a bite; between two bites others have their turn. */
const BETWEEN_BITES_MS = 100;

export function createSweeper(needs: {
  storage: Pick<Storage, "prune">;
  retention: { readonly doneMs: number; readonly parkedMs: number };
  edges: Edges;
}): Sweeper {
  const { storage, retention, edges } = needs;
  const stopping = new AbortController();
  let running: Promise<void> | null = null;

  const sweep = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const now = edges.now();
      const { done, parked } = await storage.prune({
        doneBefore: now - retention.doneMs,
        parkedBefore: now - retention.parkedMs,
      });
      if (parked > 0) edges.log.warn({ parked }, "messages set aside too long ago were deleted unanswered");
      if (done + parked === 0) return;
      await edges.sleep(BETWEEN_BITES_MS, stopping.signal);
    }
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        await sweep();
      } catch (error) {
        edges.log.warn({ code: toEarshotError(error).code }, "old messages could not be swept");
      }
      await edges.sleep(SWEEP_EVERY_MS, stopping.signal);
    }
  };

  return {
    start: () => {
      running = run();
    },
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}
