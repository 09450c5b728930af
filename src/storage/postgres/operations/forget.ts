import type { ConversationAddress } from "../../storage.ts";
import type { Database } from "../database.ts";

/** One bite, so that nobody waits long for the database. */
const MOST_ROWS = 5_000;

/** Keys of a conversation begin alike, and `}` follows `|`. */
const OF_CONVERSATION = "message_key >= $1 AND message_key < $2";
const bindRange = ({ tenantId, conversationId }: ConversationAddress) => [
  `${tenantId}|${conversationId}|`,
  `${tenantId}|${conversationId}}`,
];

export async function eraseConversation(
  database: Database,
  conversation: ConversationAddress,
): Promise<void> {
  const { tenantId, conversationId } = conversation;
  await database.transact(async (runner) => {
    await runner.query("DELETE FROM notification WHERE tenant_id = $1 AND conversation_id = $2", [
      tenantId,
      conversationId,
    ]);
    await runner.query(`DELETE FROM ledger WHERE ${OF_CONVERSATION}`, bindRange(conversation));
  });
}

export async function readSentIds(
  database: Database,
  conversation: ConversationAddress,
): Promise<ReadonlySet<string>> {
  const { rows } = await database.query(
    `SELECT sent_id FROM ledger WHERE ${OF_CONVERSATION} AND sent_id IS NOT NULL`,
    bindRange(conversation),
  );
  return new Set(rows.map(({ sent_id }) => sent_id as string));
}

/** The ledger of a message goes with the message; what another instance is just deleting is passed over. */
const PRUNE = `
  WITH old AS (
    DELETE FROM notification WHERE id IN (
      SELECT id FROM notification WHERE state = $1 AND settled_at < $2
      ORDER BY settled_at LIMIT ${MOST_ROWS} FOR UPDATE SKIP LOCKED
    )
    RETURNING tenant_id || '|' || conversation_id || '|' || reply_to_id || '|' || message_id AS message_key
  ), entries AS (
    DELETE FROM ledger WHERE message_key IN (SELECT message_key FROM old)
  )
  SELECT count(*) AS amount FROM old`;

export async function prune(
  database: Database,
  { doneBefore, parkedBefore }: { doneBefore: number; parkedBefore: number },
): Promise<{ done: number; parked: number }> {
  const take = async (state: "done" | "parked", before: number) =>
    (await database.query(PRUNE, [state, before])).rows[0]?.amount as number;
  return { done: await take("done", doneBefore), parked: await take("parked", parkedBefore) };
}
