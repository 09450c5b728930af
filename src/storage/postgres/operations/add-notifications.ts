import { UNREADABLE_CODES, type NewNotification, type StoreResult } from "../../storage.ts";
import type { Database, Runner } from "../database.ts";
import { bindAddress, MESSAGE } from "../read-row.ts";

const INSERT = `
  INSERT INTO notification
    (ear, tenant_id, conversation_id, reply_to_id, message_id, version, change_type, ordinal, sealed, received_at)
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::bigint[], $9::text[], $10::bigint[])
  ON CONFLICT DO NOTHING
  RETURNING tenant_id, conversation_id, reply_to_id, message_id, version, change_type`;

/** The first copy by the other ear is noted; kept while it may be of use; and used at once where the first was unreadable. */
const NOTE_SECOND_EAR = `
  UPDATE notification SET
    spare_ear = $7,
    spare_sealed = CASE WHEN state IN ('waiting', 'claimed') THEN $8::text END,
    ear = CASE WHEN state = 'parked' AND code = ANY ($9::text[]) THEN $7 ELSE ear END,
    sealed = CASE WHEN state = 'parked' AND code = ANY ($9) THEN $8 ELSE sealed END,
    attempts = CASE WHEN state = 'parked' AND code = ANY ($9) THEN 0 ELSE attempts END,
    due_at = CASE WHEN state = 'parked' AND code = ANY ($9) THEN 0 ELSE due_at END,
    state = CASE WHEN state = 'parked' AND code = ANY ($9) THEN 'waiting' ELSE state END
  WHERE ${MESSAGE} AND version = $5 AND change_type = $6 AND ear <> $7 AND spare_ear IS NULL`;

const TAKE_ALONG = `
  UPDATE notification SET state = 'done', sealed = NULL, spare_sealed = NULL, settled_at = $5, code = 'deleted'
  WHERE ${MESSAGE} AND change_type <> 'deleted' AND state IN ('waiting', 'parked')`;

export async function addNotifications(
  database: Database,
  notifications: readonly NewNotification[],
): Promise<StoreResult[]> {
  // In one order everywhere, so that two who add the same wait for each other in turn.
  const rows = notifications
    .map((notification, index) => ({ notification, index, key: formatKey(notification) }))
    .toSorted((one, other) => (one.key < other.key ? -1 : one.key > other.key ? 1 : one.index - other.index));
  return database.transact(async (runner) => {
    const fresh = await insert(
      runner,
      rows.map(({ notification }) => notification),
    );
    const results: StoreResult[] = [];
    for (const { notification, index, key } of rows) {
      // Of equal ones in one batch the first is the new one.
      results[index] = fresh.delete(key) ? "stored" : await noteSecondEar(runner, notification);
      if (notification.changeType === "deleted") {
        await runner.query(TAKE_ALONG, [...bindAddress(notification.message), notification.receivedAt]);
      }
    }
    return results;
  });
}

/** Answers the keys of those that were new. */
async function insert(runner: Runner, notifications: readonly NewNotification[]): Promise<Set<string>> {
  const column = <Value>(read: (notification: NewNotification) => Value) => notifications.map(read);
  const { rows } = await runner.query(INSERT, [
    column(({ ear }) => ear),
    column(({ message }) => message.tenantId),
    column(({ message }) => message.conversationId),
    column(({ message }) => message.replyToId ?? ""),
    column(({ message }) => message.messageId),
    column(({ version }) => version),
    column(({ changeType }) => changeType),
    column(({ message, receivedAt }) => readOrdinal(message.messageId) ?? receivedAt),
    column(({ sealed }) => sealed),
    column(({ receivedAt }) => receivedAt),
  ]);
  return new Set(
    rows.map((row) =>
      JSON.stringify([
        ...[row.tenant_id, row.conversation_id, row.reply_to_id, row.message_id],
        ...[row.version, row.change_type],
      ]),
    ),
  );
}

async function noteSecondEar(runner: Runner, notification: NewNotification): Promise<StoreResult> {
  const { message, version, changeType, ear, sealed } = notification;
  const { changes } = await runner.query(NOTE_SECOND_EAR, [
    ...bindAddress(message),
    ...[version, changeType, ear, sealed, UNREADABLE_CODES],
  ]);
  return changes > 0 ? "second-ear" : "duplicate";
}

function formatKey({ message, version, changeType }: NewNotification): string {
  return JSON.stringify([...bindAddress(message), version, changeType]);
}

function readOrdinal(messageId: string): number | null {
  const ordinal = Number(messageId);
  return Number.isSafeInteger(ordinal) ? ordinal : null;
}
