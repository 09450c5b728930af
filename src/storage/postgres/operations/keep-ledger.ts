import type { ActionKey, ActionState, LedgerEntry } from "../../storage.ts";
import type { Opening } from "../opening.ts";

const WHERE = "WHERE message_key = $1 AND rule = $2 AND action = $3";
const bindKey = ({ messageKey, rule, action }: ActionKey) => [messageKey, rule, action];

export async function beginAction(
  opening: Opening,
  action: ActionKey & { now: number },
): Promise<LedgerEntry | null> {
  const { changes } = await opening.query(
    `INSERT INTO ledger (message_key, rule, action, state, intended_at)
     VALUES ($1, $2, $3, 'intended', $4) ON CONFLICT DO NOTHING`,
    [...bindKey(action), action.now],
  );
  if (changes > 0) return null;
  const { rows } = await opening.query(`SELECT * FROM ledger ${WHERE}`, bindKey(action));
  const [row] = rows;
  // Withdrawn between the two: there is nothing now.
  if (!row) return beginAction(opening, action);
  return {
    state: row.state as ActionState,
    intendedAt: row.intended_at as number,
    settledAt: row.settled_at as number | null,
  };
}

export async function settleAction(
  { query }: Opening,
  action: ActionKey & { state: "sent" | "refused" | "unknown"; sentId: string | null; now: number },
): Promise<void> {
  await query(`UPDATE ledger SET state = $4, sent_id = $5, settled_at = $6 ${WHERE}`, [
    ...bindKey(action),
    ...[action.state, action.sentId, action.now],
  ]);
}

export async function withdrawAction({ query }: Opening, action: ActionKey): Promise<void> {
  await query(`DELETE FROM ledger ${WHERE} AND state IN ('intended', 'unknown')`, bindKey(action));
}
