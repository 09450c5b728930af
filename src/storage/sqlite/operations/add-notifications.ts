import type { NewNotification } from "../../storage.ts";
import type { Database } from "../database.ts";

const INSERT = `
  INSERT INTO notification
    (ear, tenant_id, conversation_id, reply_to_id, message_id, change_type, ordinal, sealed, received_at)
  VALUES
    ($ear, $tenantId, $conversationId, $replyToId, $messageId, $changeType, $ordinal, $sealed, $receivedAt)
  ON CONFLICT DO NOTHING`;

export function addNotifications(
  database: Database,
  notifications: readonly NewNotification[],
): ("stored" | "duplicate")[] {
  return notifications.map(({ ear, message, changeType, sealed, receivedAt }) => {
    const { changes } = database.run(INSERT, {
      ear,
      tenantId: message.tenantId,
      conversationId: message.conversationId,
      replyToId: message.replyToId ?? "",
      messageId: message.messageId,
      changeType,
      ordinal: readOrdinal(message.messageId) ?? receivedAt,
      sealed,
      receivedAt,
    });
    return changes > 0 ? "stored" : "duplicate";
  });
}

function readOrdinal(messageId: string): number | null {
  const ordinal = Number(messageId);
  return Number.isSafeInteger(ordinal) ? ordinal : null;
}
