import type { Ear, MessageAddress } from "../../../model/trace.ts";
import type { InboxCounts, LaterChanges } from "../../storage.ts";
import type { Database } from "../database.ts";
import { bindAddress, MESSAGE } from "../read-row.ts";

export async function readNextDue(database: Database, { now }: { now: number }): Promise<number | null> {
  const { rows } = await database.query(
    "SELECT min(due_at) AS due_at FROM notification WHERE state = 'waiting' AND due_at > $1",
    [now],
  );
  return (rows[0]?.due_at as number | null | undefined) ?? null;
}

export async function readCounts(
  database: Database,
  { tenantId }: { tenantId?: string },
): Promise<InboxCounts> {
  const counts = { waiting: 0, claimed: 0, done: 0, parked: 0 };
  const { rows } = await database.query(
    `SELECT state, count(*) AS amount FROM notification
     WHERE $1::text IS NULL OR tenant_id = $1 GROUP BY state`,
    [tenantId ?? null],
  );
  for (const { state, amount } of rows) counts[state as keyof InboxCounts] = amount as number;
  return counts;
}

export async function readLaterChanges(database: Database, message: MessageAddress): Promise<LaterChanges> {
  const { rows } = await database.query(
    `SELECT change_type, ear, sealed FROM notification
     WHERE ${MESSAGE} AND (change_type = 'deleted' OR change_type = 'updated' AND sealed IS NOT NULL) ORDER BY id`,
    bindAddress(message),
  );
  return {
    isDeleted: rows.some(({ change_type }) => change_type === "deleted"),
    edits: rows
      .filter(({ change_type }) => change_type === "updated")
      .map(({ ear, sealed }) => ({ ear: ear as Ear, sealed: sealed as string })),
  };
}
