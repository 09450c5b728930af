import type { ActionKey, ActionState, LedgerEntry } from "../../storage.ts";
import type { Database } from "../database.ts";

const WHERE = "WHERE message_key = $1 AND rule = $2 AND action = $3";
const bindKey = ({ messageKey, rule, action }: ActionKey) => [messageKey, rule, action];

export async function beginAction(
  database: Database,
  { now, ...key }: ActionKey & { now: number },
): Promise<LedgerEntry | null> {
  const { changes } = await database.query(
    `INSERT INTO ledger (message_key, rule, action, state, intended_at)
     VALUES ($1, $2, $3, 'intended', $4) ON CONFLICT DO NOTHING`,
    [...bindKey(key), now],
  );
  if (changes > 0) return null;
  const { rows } = await database.query(`SELECT * FROM ledger ${WHERE}`, bindKey(key));
  const [row] = rows;
  // Withdrawn between the two: it is as if it had been ours to begin with.
  if (!row) return beginAction(database, { ...key, now });
  return {
    state: row.state as ActionState,
    intendedAt: row.intended_at as number,
    settledAt: row.settled_at as number | null,
  };
}

export async function settleAction(
  database: Database,
  {
    state,
    sentId,
    now,
    ...key
  }: ActionKey & { state: "sent" | "refused" | "unknown"; sentId: string | null; now: number },
): Promise<void> {
  await database.query(`UPDATE ledger SET state = $4, sent_id = $5, settled_at = $6 ${WHERE}`, [
    ...bindKey(key),
    ...[state, sentId, now],
  ]);
}

export async function withdrawAction(database: Database, key: ActionKey): Promise<void> {
  await database.query(`DELETE FROM ledger ${WHERE} AND state IN ('intended', 'unknown')`, bindKey(key));
}
