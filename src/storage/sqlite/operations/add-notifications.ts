import { readOrdinal } from "../../read-ordinal.ts";
import { UNREADABLE_CODES, type NewNotification, type StoreResult } from "../../storage.ts";
import type { Database } from "../database.ts";
import { bindAddress, MESSAGE } from "../read-address.ts";

const INSERT = `
  INSERT INTO notification
    (ear, tenant_id, conversation_id, reply_to_id, message_id, version, change_type, ordinal, sealed, received_at)
  VALUES
    ($ear, $tenantId, $conversationId, $replyToId, $messageId, $version, $changeType, $ordinal, $sealed, $receivedAt)
  ON CONFLICT DO NOTHING`;

const IS_UNREADABLE = `state = 'parked' AND code IN (${UNREADABLE_CODES.map((code) => `'${code}'`).join(", ")})`;

/** The other ear's first copy is noted, kept while it may be of use, and put in place of one that was unreadable. */
const NOTE_SECOND_EAR = `
  UPDATE notification SET
    spare_ear = CASE WHEN ${IS_UNREADABLE} THEN ear ELSE $ear END,
    spare_sealed = CASE WHEN state IN ('waiting', 'claimed') THEN $sealed END,
    ear = CASE WHEN ${IS_UNREADABLE} THEN $ear ELSE ear END,
    sealed = CASE WHEN ${IS_UNREADABLE} THEN $sealed ELSE sealed END,
    attempts = CASE WHEN ${IS_UNREADABLE} THEN 0 ELSE attempts END,
    due_at = CASE WHEN ${IS_UNREADABLE} THEN 0 ELSE due_at END,
    settled_at = CASE WHEN ${IS_UNREADABLE} THEN NULL ELSE settled_at END,
    state = CASE WHEN ${IS_UNREADABLE} THEN 'waiting' ELSE state END
  WHERE ${MESSAGE} AND version = $version AND change_type = $changeType AND ear <> $ear AND spare_ear IS NULL`;

/** What is in hand stays: its completion takes the content. */
const TAKE_ALONG = `
  UPDATE notification SET state = 'done', sealed = NULL, spare_sealed = NULL, settled_at = $now, code = 'deleted'
  WHERE ${MESSAGE} AND change_type <> 'deleted' AND state IN ('waiting', 'parked')`;

export function addNotifications(
  database: Database,
  notifications: readonly NewNotification[],
): StoreResult[] {
  return notifications.map((notification): StoreResult => {
    const { ear, changeType, version, sealed, receivedAt, message } = notification;
    const address = bindAddress(message);
    const ordinal = readOrdinal(notification);
    const row = { ...address, ear, changeType, version, sealed };
    const isNew = database.run(INSERT, { ...row, ordinal, receivedAt }).changes > 0;
    if (changeType === "deleted") database.run(TAKE_ALONG, { ...address, now: receivedAt });
    if (isNew) return "stored";
    return database.run(NOTE_SECOND_EAR, row).changes > 0 ? "second-ear" : "duplicate";
  });
}
