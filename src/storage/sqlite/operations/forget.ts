import type { ConversationAddress } from "../../../model/trace.ts";
import type { Database } from "../database.ts";

/** One bite, so that nobody waits long for the database. A message leaves a few short entries in the ledger. */
const MOST_NOTIFICATIONS = 5_000;
const MOST_ENTRIES = 20_000;

/** Keys of a conversation begin alike, as `formatMessageKey` writes them, and `}` follows `|`. */
const OF_CONVERSATION = "message_key >= $from AND message_key < $to";
const bindRange = ({ tenantId, conversationId }: ConversationAddress) => ({
  from: `${tenantId}|${conversationId}|`,
  to: `${tenantId}|${conversationId}}`,
});

export function eraseConversation(database: Database, conversation: ConversationAddress): void {
  const { tenantId, conversationId } = conversation;
  database.run("DELETE FROM notification WHERE tenant_id = $tenantId AND conversation_id = $conversationId", {
    tenantId,
    conversationId,
  });
  database.run(`DELETE FROM ledger WHERE ${OF_CONVERSATION}`, bindRange(conversation));
}

export const SENT_IDS = `
  SELECT sent_id FROM ledger WHERE ${OF_CONVERSATION} AND state = 'sent' AND sent_id IS NOT NULL`;

export function readSentIds(database: Database, conversation: ConversationAddress): ReadonlySet<string> {
  const rows = database.all(SENT_IDS, bindRange(conversation));
  return new Set(rows.map(({ sent_id }) => sent_id as string));
}

const dropOldest = (state: "done" | "parked") => `
  DELETE FROM notification WHERE id IN (
    SELECT id FROM notification WHERE state = '${state}' AND settled_at < $before
    ORDER BY settled_at LIMIT ${MOST_NOTIFICATIONS}
  )`;

export const PRUNE_DONE = dropOldest("done");
export const PRUNE_PARKED = dropOldest("parked");

/** While a message waits, is claimed or is parked, its entries are needed, however old they are. */
export const PRUNE_LEDGER = `
  DELETE FROM ledger WHERE (message_key, rule, action) IN (
    SELECT message_key, rule, action FROM ledger
    WHERE coalesce(settled_at, intended_at) < $before
      AND message_key NOT IN (
        SELECT tenant_id || '|' || conversation_id || '|' || reply_to_id || '|' || message_id FROM notification
        WHERE state IN ('waiting', 'claimed')
        UNION ALL
        SELECT tenant_id || '|' || conversation_id || '|' || reply_to_id || '|' || message_id FROM notification
        WHERE state = 'parked'
      )
    ORDER BY coalesce(settled_at, intended_at) LIMIT ${MOST_ENTRIES}
  )`;

export function prune(
  database: Database,
  { doneBefore, parkedBefore }: { doneBefore: number; parkedBefore: number },
): { done: number; parked: number } {
  const done = database.run(PRUNE_DONE, { before: doneBefore }).changes;
  const parked = database.run(PRUNE_PARKED, { before: parkedBefore }).changes;
  database.run(PRUNE_LEDGER, { before: doneBefore });
  return { done, parked };
}
