import type { ActionKey, ActionState, LedgerEntry } from "../../storage.ts";
import type { Database } from "../database.ts";

const WHERE = "WHERE message_key = $messageKey AND rule = $rule AND action = $action";

export function beginAction(
  database: Database,
  { messageKey, rule, action, now }: ActionKey & { now: number },
): LedgerEntry | null {
  const { changes } = database.run(
    `INSERT INTO ledger (message_key, rule, action, state, intended_at)
     VALUES ($messageKey, $rule, $action, 'intended', $now) ON CONFLICT DO NOTHING`,
    { messageKey, rule, action, now },
  );
  if (changes > 0) return null;
  const [row] = database.all(`SELECT * FROM ledger ${WHERE}`, { messageKey, rule, action });
  return {
    state: row?.state as ActionState,
    intendedAt: row?.intended_at as number,
    settledAt: row?.settled_at as number | null,
  };
}

export function settleAction(
  database: Database,
  {
    messageKey,
    rule,
    action,
    state,
    sentId,
    now,
  }: ActionKey & { state: "sent" | "refused" | "unknown"; sentId: string | null; now: number },
): void {
  database.run(`UPDATE ledger SET state = $state, sent_id = $sentId, settled_at = $now ${WHERE}`, {
    ...{ messageKey, rule, action },
    ...{ state, sentId, now },
  });
}

export function withdrawAction(database: Database, { messageKey, rule, action }: ActionKey): void {
  database.run(`DELETE FROM ledger ${WHERE} AND state IN ('intended', 'unknown')`, {
    messageKey,
    rule,
    action,
  });
}
