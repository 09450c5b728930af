import { readOrdinal } from "../../read-ordinal.ts";
import { UNREADABLE_CODES, type NewNotification, type StoreResult } from "../../storage.ts";
import type { Opening } from "../opening.ts";

const KEY = "tenant_id, conversation_id, reply_to_id, message_id, version, change_type";

/** Ids in the order of arrival, rows in the order of their keys: two that bring the same wait for each other one way. */
const INSERT = `
  WITH input AS MATERIALIZED (
    SELECT nextval(pg_get_serial_sequence('notification', 'id')) AS id, said.*
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
      $9::bigint[], $10::bigint[]) WITH ORDINALITY
      AS said (${KEY}, ear, sealed, ordinal, received_at, place)
  ), added AS (
    INSERT INTO notification (id, ${KEY}, ear, sealed, ordinal, received_at)
    SELECT id, ${KEY}, ear, sealed, ordinal, received_at FROM input ORDER BY ${KEY}, place
    ON CONFLICT DO NOTHING
    RETURNING id
  )
  SELECT place FROM input JOIN added USING (id)`;

const IS_UNREADABLE = `(state = 'parked' AND code IN (${UNREADABLE_CODES.map((code) => `'${code}'`).join(", ")}))`;

/** The other ear's first copy is noted, kept while it may be of use, and put in place of one that was unreadable. */
const NOTE_SECOND_EAR = `
  WITH heard AS MATERIALIZED (
    SELECT notification.id, said.ear, said.sealed, said.place
    FROM notification JOIN unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
      $8::text[]) WITH ORDINALITY AS said (${KEY}, ear, sealed, place) USING (${KEY})
    WHERE notification.ear <> said.ear AND notification.spare_ear IS NULL
    ORDER BY notification.id
    FOR UPDATE OF notification
  )
  UPDATE notification SET
    spare_ear = CASE WHEN ${IS_UNREADABLE} THEN notification.ear ELSE heard.ear END,
    spare_sealed = CASE WHEN state IN ('waiting', 'claimed') THEN heard.sealed END,
    ear = CASE WHEN ${IS_UNREADABLE} THEN heard.ear ELSE notification.ear END,
    sealed = CASE WHEN ${IS_UNREADABLE} THEN heard.sealed ELSE notification.sealed END,
    attempts = CASE WHEN ${IS_UNREADABLE} THEN 0 ELSE attempts END,
    due_at = CASE WHEN ${IS_UNREADABLE} THEN 0 ELSE due_at END,
    settled_at = CASE WHEN ${IS_UNREADABLE} THEN NULL ELSE settled_at END,
    state = CASE WHEN ${IS_UNREADABLE} THEN 'waiting' ELSE state END
  FROM heard WHERE notification.id = heard.id
  RETURNING heard.place`;

/** What is in hand stays: its completion takes the content. */
const TAKE_ALONG = `
  WITH taken AS MATERIALIZED (
    SELECT notification.id, gone.received_at
    FROM notification JOIN unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[])
      AS gone (tenant_id, conversation_id, reply_to_id, message_id, received_at)
      USING (tenant_id, conversation_id, reply_to_id, message_id)
    WHERE change_type <> 'deleted' AND state IN ('waiting', 'parked')
    ORDER BY notification.id
    FOR UPDATE OF notification
  )
  UPDATE notification
  SET state = 'done', sealed = NULL, spare_sealed = NULL, settled_at = taken.received_at, code = 'deleted'
  FROM taken WHERE notification.id = taken.id`;

/**
 * Three steps, each durable, each of which may come again: who got no answer brings the same once more, and finds it
 * known. So no transaction need hold them together.
 */
export async function addNotifications(
  { query }: Opening,
  notifications: readonly NewNotification[],
): Promise<StoreResult[]> {
  const results = notifications.map((): StoreResult => "duplicate");
  if (notifications.length === 0) return results;

  const added = await query(INSERT, [
    ...bindCopies(notifications),
    notifications.map(readOrdinal),
    notifications.map(({ receivedAt }) => receivedAt),
  ]);
  for (const { place } of added.rows) results[(place as number) - 1] = "stored";

  const known = keepFirst(
    [...notifications.entries()].filter(([index]) => results[index] !== "stored"),
    ([, copy]) => [...readAddress(copy), copy.version, copy.changeType, copy.ear],
  );
  if (known.length > 0) {
    const noted = await query(NOTE_SECOND_EAR, bindCopies(known.map(([, notification]) => notification)));
    for (const { place } of noted.rows) {
      const [index] = known[(place as number) - 1] ?? [];
      if (index !== undefined) results[index] = "second-ear";
    }
  }

  const deletions = keepFirst(
    notifications.filter(({ changeType }) => changeType === "deleted"),
    readAddress,
  );
  if (deletions.length > 0) {
    await query(TAKE_ALONG, [...bindAddresses(deletions), deletions.map(({ receivedAt }) => receivedAt)]);
  }
  return results;
}

function readAddress({ message }: NewNotification): readonly string[] {
  return [message.tenantId, message.conversationId, message.replyToId ?? "", message.messageId];
}

/** Column by column. */
function bindAddresses(notifications: readonly NewNotification[]): string[][] {
  return [
    notifications.map(({ message }) => message.tenantId),
    notifications.map(({ message }) => message.conversationId),
    notifications.map(({ message }) => message.replyToId ?? ""),
    notifications.map(({ message }) => message.messageId),
  ];
}

/** Columns of key, ear and content. */
function bindCopies(notifications: readonly NewNotification[]): string[][] {
  return [
    ...bindAddresses(notifications),
    notifications.map(({ version }) => version),
    notifications.map(({ changeType }) => changeType),
    notifications.map(({ ear }) => ear),
    notifications.map(({ sealed }) => sealed),
  ];
}

/** Of those that are alike, the first. */
function keepFirst<Item>(items: readonly Item[], readParts: (item: Item) => readonly string[]): Item[] {
  const seen = new Map<string, Item>();
  for (const item of items) {
    const parts = JSON.stringify(readParts(item));
    if (!seen.has(parts)) seen.set(parts, item);
  }
  return [...seen.values()];
}
