import type { InboxCounts } from "../../storage.ts";
import type { Database } from "../database.ts";

export function readNextDue(database: Database, { now }: { now: number }): number | null {
  const [row] = database.all(
    "SELECT MIN(due_at) AS due_at FROM notification WHERE state = 'waiting' AND due_at > $now",
    { now },
  );
  return (row?.due_at as number | null | undefined) ?? null;
}

export function readCounts(database: Database, { tenantId }: { tenantId?: string }): InboxCounts {
  const counts = { waiting: 0, claimed: 0, done: 0, parked: 0 };
  const rows = database.all(
    `SELECT state, COUNT(*) AS amount FROM notification
     WHERE $tenantId IS NULL OR tenant_id = $tenantId GROUP BY state`,
    { tenantId: tenantId ?? null },
  );
  for (const row of rows) {
    counts[row.state as keyof InboxCounts] = row.amount as number;
  }
  return counts;
}
