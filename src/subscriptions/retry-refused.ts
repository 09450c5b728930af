/** Reads again what Graph would not let us read, when something may have been granted. */
import type { Edges } from "../edges.ts";
import { toEarshotError } from "../errors.ts";
import type { Storage } from "../storage/storage.ts";
import type { LookAddress } from "../storage/subscription-record.ts";

/** Never rejects: what cannot be written is read again when its time comes. */
export type RetryRefused = (place: LookAddress) => Promise<void>;

/**
 * At most so often, of a team or of a tenant's all: Graph tells of changes all the time, hardly one is a grant, and each
 * reading takes a turn from others. A change in between is looked at when this is over.
 */
const RETRY_EVERY_MS = 5 * 60_000;

export function createRetryRefused({
  storage,
  edges,
}: {
  storage: Pick<Storage, "retryRefusedReadings">;
  edges: Pick<Edges, "now" | "log">;
}): RetryRefused {
  /** By place, for when it was asked for last; it may be yet to come. */
  const latest = new Map<string, number>();
  return async ({ tenantId, teamId }) => {
    const place = `${tenantId} ${teamId ?? ""}`;
    const now = edges.now();
    const known = latest.get(place);
    const next = known === undefined ? now : known > now ? known : known + RETRY_EVERY_MS;
    const dueAt = Math.min(Math.max(now, next), now + RETRY_EVERY_MS);
    try {
      await storage.retryRefusedReadings({ tenantId, teamId, dueAt });
      latest.set(place, dueAt);
    } catch (thrown) {
      const { code } = toEarshotError(thrown);
      edges.log.warn({ tenantId, code }, "what was refused is not read again before its time");
    }
  };
}
