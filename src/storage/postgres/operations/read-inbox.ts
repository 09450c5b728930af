import type { Ear, MessageAddress } from "../../../model/trace.ts";
import type { InboxCounts, LaterChanges } from "../../storage.ts";
import type { Opening } from "../opening.ts";

export async function readNextDue({ query }: Opening, { now }: { now: number }): Promise<number | null> {
  const { rows } = await query(
    "SELECT min(due_at) AS due_at FROM notification WHERE state = 'waiting' AND due_at > $1",
    [now],
  );
  return (rows[0]?.due_at as number | null | undefined) ?? null;
}

/** State by state, since each has an index that tells all. */
const COUNTS = (["waiting", "claimed", "done", "parked"] as const)
  .map(
    (state) => `
      SELECT '${state}' AS state, count(*) AS amount FROM notification
      WHERE state = '${state}' AND ($1::text IS NULL OR tenant_id = $1)`,
  )
  .join("UNION ALL");

export async function readCounts(
  { query }: Opening,
  { tenantId }: { tenantId?: string },
): Promise<InboxCounts> {
  const counts = { waiting: 0, claimed: 0, done: 0, parked: 0 };
  const { rows } = await query(COUNTS, [tenantId ?? null]);
  for (const { state, amount } of rows) counts[state as keyof InboxCounts] = amount as number;
  return counts;
}

export async function readLaterChanges({ query }: Opening, message: MessageAddress): Promise<LaterChanges> {
  const { tenantId, conversationId, replyToId, messageId } = message;
  const { rows } = await query(
    `SELECT change_type, ear, sealed FROM notification
     WHERE tenant_id = $1 AND conversation_id = $2 AND reply_to_id = $3 AND message_id = $4
       AND (change_type = 'deleted' OR change_type = 'updated' AND state IN ('waiting', 'parked'))
     ORDER BY id`,
    [tenantId, conversationId, replyToId ?? "", messageId],
  );
  return {
    isDeleted: rows.some(({ change_type }) => change_type === "deleted"),
    edits: rows
      .filter(({ change_type }) => change_type === "updated")
      .map(({ ear, sealed }) => ({ ear: ear as Ear, sealed: sealed as string })),
  };
}
