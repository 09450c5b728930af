import type { InboxCounts } from "../../storage.ts";
import type { Database } from "../database.ts";

export function readNextDue(database: Database): number | null {
  const [row] = database.all("SELECT MIN(due_at) AS due_at FROM notification WHERE state = 'waiting'");
  return (row?.due_at as number | null | undefined) ?? null;
}

export function readCounts(database: Database): InboxCounts {
  const counts = { waiting: 0, claimed: 0, done: 0, parked: 0 };
  for (const row of database.all("SELECT state, COUNT(*) AS amount FROM notification GROUP BY state")) {
    counts[row.state as keyof InboxCounts] = row.amount as number;
  }
  return counts;
}
