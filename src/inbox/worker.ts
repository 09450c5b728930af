/** Claims what is due, of each conversation one at a time, and sees each claim through to done, later or parked. */
import type { Edges } from "../edges.ts";
import { toEarshotError, type EarshotError } from "../errors.ts";
import { formatTraceItem, type TraceSink } from "../model/trace.ts";
import type { Claim, Storage } from "../storage/storage.ts";
import { planRetryDelay, readMostAttempts } from "../model/retry-delay.ts";

export interface Worker {
  start(): Promise<void>;
  /** Looks for work now. */
  poke(): void;
  /**
   * Takes no more, and waits for what is in hand, but not for long: what is not done by then stays claimed, and waits
   * again after the next start.
   */
  stop(): Promise<void>;
}

/** The longest sleep between two looks, for what no one pokes about: a replay, another instance's leavings. */
const IDLE_MS = 1_000;
/** How often the claims of instances that are gone are looked for. */
const RELEASE_EVERY_MS = 5_000;
/** At the end of the program, which must come within ten seconds. */
const STOP_PATIENCE_MS = 4_000;
/** After the database failed. */
const TROUBLE_MS = 1_000;

export function createWorker(needs: {
  storage: Storage;
  handle: (claim: Claim) => Promise<void>;
  trace: TraceSink;
  edges: Edges;
  /** How many conversations at once. */
  concurrency: number;
}): Worker {
  const { storage, edges } = needs;
  const stopping = new AbortController();
  const inHand = new Set<Promise<void>>();
  let nap = new AbortController();
  let isPoked = false;
  let running: Promise<void> | null = null;
  let releasedAt = 0;

  const settle = async (claim: Claim, error: EarshotError | null): Promise<void> => {
    const { id, ear, message } = claim;
    const item = formatTraceItem(claim);
    const now = edges.now();
    const at = new Date(now).toISOString();
    if (!error) {
      await storage.completeNotification({ id, now });
    } else if (error.code === "send-deferred") {
      // Our own wish, and with an appointment: no failure, and nothing that a person need read.
      await storage.retryNotification({
        id,
        dueAt: now + (error.retryAfterMs ?? 0),
        code: error.code,
        isCounted: false,
      });
      needs.trace({ step: "claimed", at, ear, ...item, result: "retry", code: error.code });
      return;
    } else if (error.disposition === "retry" && claim.attempts < readMostAttempts(error.code)) {
      const delay = planRetryDelay(
        claim.attempts,
        error.retryAfterMs,
        edges.randomBytes(1).readUInt8() / 256,
      );
      await storage.retryNotification({ id, dueAt: now + delay, code: error.code, isCounted: true });
      needs.trace({ step: "claimed", at, ear, ...item, result: "retry", code: error.code });
    } else {
      const outcome = await storage.parkNotification({ id, now, code: error.code });
      const what = outcome === "spare" ? "claimed" : "parked";
      const result = outcome === "spare" ? "retry" : "failed";
      needs.trace({ step: what, at, ear, ...item, result, code: error.code });
    }
    if (error)
      edges.log.warn({ code: error.code, message, reason: error.message }, "a message was not handled");
  };

  const handle = async (claim: Claim): Promise<void> => {
    let failure: EarshotError | null = null;
    try {
      const at = new Date(edges.now()).toISOString();
      needs.trace({ step: "claimed", at, ear: claim.ear, ...formatTraceItem(claim), result: "ok" });
      await needs.handle(claim);
    } catch (error) {
      failure = toEarshotError(error);
    }
    await settleSurely(claim, failure);
  };

  /** Until the database takes it, or we stop: then the row stays claimed, and the next start lets it go. */
  const settleSurely = async (claim: Claim, failure: EarshotError | null): Promise<void> => {
    do {
      try {
        await settle(claim, failure);
        return;
      } catch (error) {
        edges.log.error(
          { code: toEarshotError(error).code, message: claim.message },
          "a claim could not be settled",
        );
        await edges.sleep(TROUBLE_MS, stopping.signal);
      }
    } while (!stopping.signal.aborted);
  };

  const take = async (now: number): Promise<number> => {
    const free = needs.concurrency - inHand.size;
    if (free <= 0) return 0;
    const claims = await storage.claimNotifications({ limit: free, now });
    for (const claim of claims) {
      const work = handle(claim).finally(() => {
        inHand.delete(work);
        poke();
      });
      inHand.add(work);
    }
    return claims.length;
  };

  const poke = () => {
    isPoked = true;
    nap.abort();
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      isPoked = false;
      let rest = IDLE_MS;
      try {
        const now = edges.now();
        if (now - releasedAt >= RELEASE_EVERY_MS) {
          releasedAt = now;
          await storage.releaseClaims();
        }
        if ((await take(now)) > 0) continue;
        // With all hands full, the one that is done first pokes.
        const nextDue = inHand.size < needs.concurrency ? await storage.readNextDue({ now }) : null;
        if (nextDue !== null) rest = Math.min(rest, Math.max(0, nextDue - edges.now()));
      } catch (error) {
        edges.log.error({ code: toEarshotError(error).code }, "the inbox cannot be read; trying again");
        rest = TROUBLE_MS;
      }
      if (isPoked) continue;
      nap = new AbortController();
      await edges.sleep(rest, AbortSignal.any([nap.signal, stopping.signal]));
    }
  };

  return {
    start: async () => {
      await storage.releaseClaims();
      // A key that was missing may have come back with the restart.
      await storage.replayParked({ code: "key-missing" });
      running = run();
    },
    poke,
    stop: async () => {
      stopping.abort();
      await running;
      await Promise.race([Promise.all(inHand), edges.sleep(STOP_PATIENCE_MS)]);
    },
  };
}
