import type { NotificationId } from "../../../model/ids.ts";
import { UNREADABLE_CODES } from "../../storage.ts";
import type { Opening } from "../opening.ts";

interface Completion {
  readonly id: NotificationId;
  readonly now: number;
}

/** An edit that comes again is handled again, to the same end: its key need not stay. */
const COMPLETE = `
  WITH held AS MATERIALIZED (
    SELECT notification.id, change_type, settled.now
    FROM notification JOIN unnest($1::bigint[], $2::integer[], $3::bigint[]) AS settled (id, holder, now)
      USING (id, holder)
    WHERE state = 'claimed' ORDER BY notification.id
    FOR UPDATE OF notification
  ), dropped AS (
    DELETE FROM notification WHERE id IN (SELECT id FROM held WHERE change_type = 'updated')
  )
  UPDATE notification
  SET state = 'done', holder = NULL, sealed = NULL, spare_sealed = NULL, settled_at = held.now, code = NULL
  FROM held WHERE notification.id = held.id AND held.change_type <> 'updated'`;

/** All that are in our hands, in one statement. */
export async function completeNotifications(
  { query, inHand }: Opening,
  completions: readonly Completion[],
): Promise<void[]> {
  const held = completions.filter(({ id }) => inHand.has(id));
  if (held.length > 0) {
    await query(COMPLETE, [
      held.map(({ id }) => id),
      held.map(({ id }) => inHand.get(id)),
      held.map(({ now }) => now),
    ]);
  }
  for (const { id } of held) inHand.delete(id);
  return completions.map(() => undefined);
}

/** What another one holds is not ours to settle. */
const HELD = "id = $1 AND state = 'claimed' AND holder = $2";

export async function retryNotification(
  { query, inHand }: Opening,
  { id, dueAt, code, isCounted }: { id: NotificationId; dueAt: number; code: string; isCounted: boolean },
): Promise<void> {
  await query(
    `UPDATE notification
     SET state = 'waiting', holder = NULL, due_at = $3, code = $4, attempts = attempts - $5::integer
     WHERE ${HELD}`,
    [id, inHand.get(id) ?? null, dueAt, code, isCounted ? 0 : 1],
  );
  inHand.delete(id);
}

const PARK = `
  UPDATE notification SET state = 'parked', holder = NULL, settled_at = $3, code = $4
  WHERE ${HELD} AND (spare_sealed IS NULL OR NOT $5::boolean)`;
const TAKE_SPARE = `
  UPDATE notification SET state = 'waiting', holder = NULL, attempts = 0, due_at = 0,
    ear = spare_ear, sealed = spare_sealed, spare_ear = ear, spare_sealed = NULL
  WHERE ${HELD} AND spare_sealed IS NOT NULL`;

export async function parkNotification(
  { query, inHand }: Opening,
  { id, now, code }: Completion & { code: string },
): Promise<"parked" | "spare"> {
  const held = [id, inHand.get(id) ?? null];
  const isUnreadable = UNREADABLE_CODES.includes(code);
  const { changes } = await query(PARK, [...held, now, code, isUnreadable]);
  // A spare that came meanwhile stays: only its taking removes it.
  const isSpareTaken = changes === 0 && isUnreadable && (await query(TAKE_SPARE, held)).changes > 0;
  inHand.delete(id);
  return isSpareTaken ? "spare" : "parked";
}
