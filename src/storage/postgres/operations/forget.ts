import type { ConversationAddress } from "../../../model/trace.ts";
import type { Query } from "../database.ts";
import type { Opening } from "../opening.ts";

/** One bite, so that no statement runs long. A message leaves a few short entries in the ledger. */
const MOST_NOTIFICATIONS = 5_000;
const MOST_ENTRIES = 20_000;

/** Keys of a conversation begin alike, as `formatMessageKey` writes them, and `}` follows `|`. */
const OF_CONVERSATION = "message_key >= $1 AND message_key < $2";
const bindRange = ({ tenantId, conversationId }: ConversationAddress) => [
  `${tenantId}|${conversationId}|`,
  `${tenantId}|${conversationId}}`,
];

const dropNotifications = (which: string, lock = "FOR UPDATE") => `
  WITH old AS MATERIALIZED (
    SELECT id FROM notification WHERE ${which} LIMIT ${MOST_NOTIFICATIONS} ${lock}
  )
  DELETE FROM notification WHERE id IN (SELECT id FROM old)`;
const dropEntries = (which: string, lock = "FOR UPDATE") => `
  WITH old AS MATERIALIZED (
    SELECT message_key, rule, action FROM ledger WHERE ${which} LIMIT ${MOST_ENTRIES} ${lock}
  )
  DELETE FROM ledger WHERE (message_key, rule, action) IN (SELECT message_key, rule, action FROM old)`;

const ERASE_NOTIFICATIONS = dropNotifications("tenant_id = $1 AND conversation_id = $2 ORDER BY id");
const ERASE_ENTRIES = dropEntries(`${OF_CONVERSATION} ORDER BY message_key, rule, action`);

export async function eraseConversation(
  { query }: Opening,
  conversation: ConversationAddress,
): Promise<void> {
  await dropAll(query, ERASE_NOTIFICATIONS, [conversation.tenantId, conversation.conversationId]);
  await dropAll(query, ERASE_ENTRIES, bindRange(conversation));
}

/** Bite by bite. */
async function dropAll(query: Query, sql: string, values: readonly string[]): Promise<void> {
  while ((await query(sql, values)).changes > 0);
}

export async function readSentIds(
  { query }: Opening,
  conversation: ConversationAddress,
): Promise<ReadonlySet<string>> {
  const { rows } = await query(
    `SELECT sent_id FROM ledger WHERE ${OF_CONVERSATION} AND state = 'sent' AND sent_id IS NOT NULL`,
    bindRange(conversation),
  );
  return new Set(rows.map(({ sent_id }) => sent_id as string));
}

/** What another one has in hand has time: rows are taken by their age here, and elsewhere by their id. */
const PASS_OVER = "FOR UPDATE SKIP LOCKED";
const PRUNE_DONE = dropNotifications("state = 'done' AND settled_at < $1 ORDER BY settled_at", PASS_OVER);
const PRUNE_PARKED = dropNotifications("state = 'parked' AND settled_at < $1 ORDER BY settled_at", PASS_OVER);
/**
 * While a message waits, is claimed or is parked, its entries are needed, however old they are. A key is taken apart
 * from both ends, so that we come to the message by its index: Microsoft's ids hold no `|`.
 */
const PRUNE_ENTRIES = dropEntries(
  `
  coalesce(settled_at, intended_at) < $1
    AND NOT EXISTS (
      SELECT FROM notification
      WHERE tenant_id = split_part(message_key, '|', 1)
        AND conversation_id = array_to_string(trim_array((string_to_array(message_key, '|'))[2:], 2), '|')
        AND reply_to_id = split_part(message_key, '|', -2)
        AND message_id = split_part(message_key, '|', -1)
        AND notification.state <> 'done'
    )
  ORDER BY coalesce(settled_at, intended_at)`,
  PASS_OVER,
);

export async function prune(
  { query }: Opening,
  { doneBefore, parkedBefore }: { doneBefore: number; parkedBefore: number },
): Promise<{ done: number; parked: number }> {
  const done = (await query(PRUNE_DONE, [doneBefore])).changes;
  const parked = (await query(PRUNE_PARKED, [parkedBefore])).changes;
  await query(PRUNE_ENTRIES, [doneBefore]);
  return { done, parked };
}
