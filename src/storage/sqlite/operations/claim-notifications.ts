import type { NotificationId } from "../../../model/ids.ts";
import type { Claim } from "../../storage.ts";
import type { Database } from "../database.ts";
import { readAddress } from "../read-address.ts";

/** The head of each conversation that is due, unless one of the same conversation is in hand. */
const CLAIM = `
  UPDATE notification SET state = 'claimed', attempts = attempts + 1, holder = $holder
  WHERE id IN (
    SELECT head.id FROM notification AS head
    WHERE head.state = 'waiting' AND head.due_at <= $now
      AND NOT EXISTS (
        SELECT 1 FROM notification AS other
        WHERE other.tenant_id = head.tenant_id AND other.conversation_id = head.conversation_id
          AND other.state IN ('waiting', 'claimed') AND other.id <> head.id
          AND (other.state = 'claimed' OR (other.ordinal, other.id) < (head.ordinal, head.id))
      )
    ORDER BY head.due_at, head.ordinal, head.id
    LIMIT $limit
  )
  RETURNING *`;

export function claimNotifications(
  database: Database,
  { limit, now }: { limit: number; now: number },
): Claim[] {
  if (!database.isBot) return [];
  return database.all(CLAIM, { limit, now, holder: database.holder }).map((row): Claim => ({
    id: row.id as NotificationId,
    ear: row.ear as Claim["ear"],
    message: readAddress(row),
    changeType: row.change_type as Claim["changeType"],
    sealed: row.sealed as string,
    receivedAt: row.received_at as number,
    attempts: row.attempts as number,
  }));
}
