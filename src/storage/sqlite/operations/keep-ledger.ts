import type { ActionKey, ActionState } from "../../storage.ts";
import type { Database } from "../database.ts";

const WHERE = "WHERE message_key = $messageKey AND rule = $rule AND action = $action";

export function beginAction(
  database: Database,
  { messageKey, rule, action, now }: ActionKey & { now: number },
): ActionState | "new" {
  const { changes } = database.run(
    `INSERT INTO ledger (message_key, rule, action, state, intended_at)
     VALUES ($messageKey, $rule, $action, 'intended', $now) ON CONFLICT DO NOTHING`,
    { messageKey, rule, action, now },
  );
  if (changes > 0) return "new";
  const [row] = database.all(`SELECT state FROM ledger ${WHERE}`, { messageKey, rule, action });
  return row?.state as ActionState;
}

export function settleAction(
  database: Database,
  { messageKey, rule, action, state, now }: ActionKey & { state: "sent" | "refused"; now: number },
): void {
  database.run(`UPDATE ledger SET state = $state, settled_at = $now ${WHERE}`, {
    messageKey,
    rule,
    action,
    state,
    now,
  });
}

export function withdrawAction(database: Database, { messageKey, rule, action }: ActionKey): void {
  database.run(`DELETE FROM ledger ${WHERE} AND state = 'intended'`, { messageKey, rule, action });
}
