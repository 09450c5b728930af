import type { NotificationId } from "../../../model/ids.ts";
import { UNREADABLE_CODES } from "../../storage.ts";
import type { Database } from "../database.ts";
import { HOLDERS } from "../locks.ts";

/** What another one holds is not ours to settle. */
const HELD = "id = $1 AND state = 'claimed' AND holder = $2";

/** An edit that comes again is handled again, to the same end: its key need not stay. */
const COMPLETE = `
  WITH edit AS (DELETE FROM notification WHERE ${HELD} AND change_type = 'updated')
  UPDATE notification SET state = 'done', sealed = NULL, spare_sealed = NULL, settled_at = $3, code = NULL
  WHERE ${HELD} AND change_type <> 'updated'`;

export async function completeNotification(
  database: Database,
  { id, now }: { id: NotificationId; now: number },
): Promise<void> {
  await database.query(COMPLETE, [id, await database.readHolder(), now]);
}

export async function retryNotification(
  database: Database,
  { id, dueAt, code, isCounted }: { id: NotificationId; dueAt: number; code: string; isCounted: boolean },
): Promise<void> {
  await database.query(
    `UPDATE notification SET state = 'waiting', due_at = $3, code = $4, attempts = attempts - $5 WHERE ${HELD}`,
    [id, await database.readHolder(), dueAt, code, isCounted ? 0 : 1],
  );
}

const PARK = `
  UPDATE notification SET
    state = CASE WHEN spare_sealed IS NOT NULL AND $5 THEN 'waiting' ELSE 'parked' END,
    settled_at = CASE WHEN spare_sealed IS NOT NULL AND $5 THEN NULL ELSE $3::bigint END,
    code = $4,
    attempts = CASE WHEN spare_sealed IS NOT NULL AND $5 THEN 0 ELSE attempts END,
    due_at = CASE WHEN spare_sealed IS NOT NULL AND $5 THEN 0 ELSE due_at END,
    ear = CASE WHEN spare_sealed IS NOT NULL AND $5 THEN spare_ear ELSE ear END,
    spare_ear = CASE WHEN spare_sealed IS NOT NULL AND $5 THEN ear ELSE spare_ear END,
    sealed = CASE WHEN spare_sealed IS NOT NULL AND $5 THEN spare_sealed ELSE sealed END,
    spare_sealed = CASE WHEN $5 THEN NULL ELSE spare_sealed END
  WHERE ${HELD}
  RETURNING state`;

export async function parkNotification(
  database: Database,
  { id, now, code }: { id: NotificationId; now: number; code: string },
): Promise<"parked" | "spare"> {
  const isUnreadable = UNREADABLE_CODES.includes(code);
  const { rows } = await database.query(PARK, [id, await database.readHolder(), now, code, isUnreadable]);
  return rows[0]?.state === "waiting" ? "spare" : "parked";
}

/** What one holder holds. */
export const RELEASE = "UPDATE notification SET state = 'waiting' WHERE state = 'claimed' AND holder = $1";

/** Whose lock can be taken is gone. */
export async function releaseClaims(database: Database): Promise<number> {
  const own = await database.readHolder();
  const { rows } = await database.query(
    "SELECT DISTINCT holder FROM notification WHERE state = 'claimed' AND holder <> $1",
    [own],
  );
  let released = 0;
  for (const { holder } of rows) {
    released += await database.transact(async (runner) => {
      const lock = await runner.query("SELECT pg_try_advisory_xact_lock($1, $2) AS taken", [HOLDERS, holder]);
      return lock.rows[0]?.taken === true ? (await runner.query(RELEASE, [holder])).changes : 0;
    });
  }
  return released;
}
