import type { Claim } from "../../storage.ts";
import { isUniqueViolation, type Database } from "../database.ts";
import { readClaim } from "../read-row.ts";

/**
 * The head of each conversation that is due, unless one of the same conversation is in hand. What another instance is
 * just claiming is passed over. Two instances may still see different heads of one conversation, when an earlier
 * message comes in meanwhile: then the index of what is in hand lets one of them through.
 */
const CLAIM = `
  WITH head AS (
    SELECT id FROM notification AS head
    WHERE state = 'waiting' AND due_at <= $1
      AND NOT EXISTS (
        SELECT 1 FROM notification AS other
        WHERE other.tenant_id = head.tenant_id AND other.conversation_id = head.conversation_id
          AND other.state IN ('waiting', 'claimed') AND other.id <> head.id
          AND (other.state = 'claimed' OR (other.ordinal, other.id) < (head.ordinal, head.id))
      )
    ORDER BY due_at, ordinal, id
    LIMIT $2
    FOR UPDATE SKIP LOCKED
  )
  UPDATE notification SET state = 'claimed', attempts = attempts + 1, holder = $3
  FROM head WHERE notification.id = head.id
  RETURNING notification.*`;

const MOST_TRIES = 3;

export async function claimNotifications(
  database: Database,
  { limit, now }: { limit: number; now: number },
): Promise<Claim[]> {
  const holder = await database.readHolder();
  for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
    try {
      const { rows } = await database.query(CLAIM, [now, limit, holder]);
      return rows.map(readClaim);
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
    }
  }
  return [];
}
