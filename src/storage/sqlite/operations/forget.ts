import type { ConversationAddress } from "../../storage.ts";
import type { Database } from "../database.ts";

/** One bite, so that nobody waits long for the database. */
const MOST_ROWS = 5_000;

/** Of which message a ledger entry is, as `formatMessageKey` writes it. */
const KEY_OF_ROW = "tenant_id || '|' || conversation_id || '|' || reply_to_id || '|' || message_id";

/** Keys of a conversation begin alike, and `}` follows `|`. */
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

export function readSentIds(database: Database, conversation: ConversationAddress): ReadonlySet<string> {
  const rows = database.all(
    `SELECT sent_id FROM ledger WHERE ${OF_CONVERSATION} AND sent_id IS NOT NULL`,
    bindRange(conversation),
  );
  return new Set(rows.map(({ sent_id }) => sent_id as string));
}

/** The ledger of a message goes with the message: while that one waits or is parked, its entries are needed. */
export function prune(
  database: Database,
  { doneBefore, parkedBefore }: { doneBefore: number; parkedBefore: number },
): { done: number; parked: number } {
  const take = (state: "done" | "parked", before: number): number => {
    const rows = `SELECT id FROM notification WHERE state = '${state}' AND settled_at < $before
                  ORDER BY settled_at LIMIT ${MOST_ROWS}`;
    database.run(
      `DELETE FROM ledger WHERE message_key IN (SELECT ${KEY_OF_ROW} FROM notification WHERE id IN (${rows}))`,
      { before },
    );
    return database.run(`DELETE FROM notification WHERE id IN (${rows})`, { before }).changes;
  };
  return { done: take("done", doneBefore), parked: take("parked", parkedBefore) };
}
