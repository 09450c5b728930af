import type { NotificationId } from "../../../model/ids.ts";
import type { Claim } from "../../storage.ts";
import type { Database } from "../database.ts";
import { readAddress } from "../read-address.ts";

/** So many are looked at in the order in which they are due. */
const MOST_STEPS = 1_000;

/**
 * Of those that are due first, those that are the head of their conversation while none of it is in hand, and nothing
 * from before it is being read back.
 */
const WALK = `
  SELECT head.id FROM (
    SELECT id, due_at, ordinal, tenant_id, conversation_id FROM notification
    WHERE state = 'waiting' AND due_at <= $now
    ORDER BY due_at, ordinal, id LIMIT ${MOST_STEPS}
  ) AS head
  WHERE NOT EXISTS (
      SELECT 1 FROM notification AS held
      WHERE held.state = 'claimed'
        AND held.tenant_id = head.tenant_id AND held.conversation_id = head.conversation_id
    )
    AND NOT EXISTS (
      SELECT 1 FROM notification AS earlier
      WHERE earlier.state IN ('waiting', 'claimed')
        AND earlier.tenant_id = head.tenant_id AND earlier.conversation_id = head.conversation_id
        AND (earlier.ordinal, earlier.id) < (head.ordinal, head.id)
    )
    AND NOT EXISTS (
      SELECT 1 FROM conversation AS gap
      WHERE gap.hold_until > $now
        AND gap.tenant_id = head.tenant_id AND gap.conversation_id = head.conversation_id
    )
  ORDER BY head.due_at, head.ordinal, head.id
  LIMIT $limit`;

/** The same of all, from conversation to conversation: thousands that wait behind one that is stuck cost one look. */
const LEAP = `
  WITH RECURSIVE head (id, tenant_id, conversation_id) AS (
    SELECT id, tenant_id, conversation_id FROM (
      SELECT id, tenant_id, conversation_id FROM notification WHERE state IN ('waiting', 'claimed')
      ORDER BY tenant_id, conversation_id, ordinal, id LIMIT 1
    )
    UNION ALL
    SELECT next.id, next.tenant_id, next.conversation_id
    FROM head JOIN notification AS next ON next.id = coalesce(
      (
        SELECT other.id FROM notification AS other
        WHERE other.state IN ('waiting', 'claimed')
          AND other.tenant_id = head.tenant_id AND other.conversation_id > head.conversation_id
        ORDER BY other.conversation_id, other.ordinal, other.id LIMIT 1
      ),
      (
        SELECT other.id FROM notification AS other
        WHERE other.state IN ('waiting', 'claimed') AND other.tenant_id > head.tenant_id
        ORDER BY other.tenant_id, other.conversation_id, other.ordinal, other.id LIMIT 1
      )
    )
  )
  -- CROSS JOIN: SQLite keeps this order (https://sqlite.org/optoverview.html#crossjoin).
  SELECT first.id FROM head CROSS JOIN notification AS first ON first.id = head.id
  WHERE first.state = 'waiting' AND first.due_at <= $now
    AND NOT EXISTS (
      SELECT 1 FROM notification AS held
      WHERE held.state = 'claimed'
        AND held.tenant_id = first.tenant_id AND held.conversation_id = first.conversation_id
    )
    AND NOT EXISTS (
      SELECT 1 FROM conversation AS gap
      WHERE gap.hold_until > $now
        AND gap.tenant_id = first.tenant_id AND gap.conversation_id = first.conversation_id
    )
  ORDER BY first.due_at, first.ordinal, first.id
  LIMIT $limit`;

const claimThose = (chosen: string) => `
  UPDATE notification SET state = 'claimed', attempts = attempts + 1, holder = $holder
  WHERE id IN (${chosen}) RETURNING *`;

const IS_MORE = `
  SELECT 1 FROM notification WHERE state = 'waiting' AND due_at <= $now
  ORDER BY due_at, ordinal, id LIMIT 1 OFFSET $seen`;

export function claimNotifications(
  { all, holder, isBot }: Database,
  { limit, now }: { limit: number; now: number },
): Claim[] {
  if (!isBot) return [];
  const rows = all(claimThose(WALK), { limit, now, holder });
  if (rows.length < limit && all(IS_MORE, { now, seen: MOST_STEPS - rows.length }).length > 0)
    rows.push(...all(claimThose(LEAP), { limit: limit - rows.length, now, holder }));
  return rows.map((row): Claim => ({
    id: row.id as NotificationId,
    ear: row.ear as Claim["ear"],
    message: readAddress(row),
    changeType: row.change_type as Claim["changeType"],
    sealed: row.sealed as string,
    receivedAt: row.received_at as number,
    attempts: row.attempts as number,
  }));
}
