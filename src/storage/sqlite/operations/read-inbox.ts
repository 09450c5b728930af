import type { InboxCounts } from "../../storage.ts";
import type { Database } from "../database.ts";

export function readNextDue(database: Database, { now }: { now: number }): number | null {
  const [row] = database.all(
    "SELECT MIN(due_at) AS due_at FROM notification WHERE state = 'waiting' AND due_at > $now",
    { now },
  );
  return (row?.due_at as number | null | undefined) ?? null;
}

const OF_TENANT = "($tenantId IS NULL OR tenant_id = $tenantId)";

/** State by state, since each but `waiting` has an index of its own that tells all. */
export const COUNTS = `
  SELECT
    (SELECT COUNT(*) FROM notification WHERE state IN ('waiting', 'claimed') AND ${OF_TENANT}) AS open,
    (SELECT COUNT(*) FROM notification WHERE state = 'claimed' AND ${OF_TENANT}) AS claimed,
    (SELECT COUNT(*) FROM notification WHERE state = 'done' AND ${OF_TENANT}) AS done,
    (SELECT COUNT(*) FROM notification WHERE state = 'parked' AND ${OF_TENANT}) AS parked`;

export function readCounts(database: Database, { tenantId }: { tenantId?: string }): InboxCounts {
  const [row] = database.all(COUNTS, { tenantId: tenantId ?? null });
  const { open, claimed, done, parked } = row as Record<"open" | keyof InboxCounts, number>;
  return { waiting: open - claimed, claimed, done, parked };
}
