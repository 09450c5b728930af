import type { NotificationId } from "../../../model/ids.ts";
import { UNREADABLE_CODES } from "../../storage.ts";
import type { Database } from "../database.ts";

/** What another one holds is not ours to settle. */
const HELD = "id = $id AND state = 'claimed' AND holder = $holder";

export function completeNotification(
  database: Database,
  { id, now }: { id: NotificationId; now: number },
): void {
  const { holder } = database;
  // An edit that comes again is handled again, to the same end: its key need not stay.
  database.run(`DELETE FROM notification WHERE ${HELD} AND change_type = 'updated'`, { id, holder });
  database.run(
    `UPDATE notification SET state = 'done', holder = NULL, sealed = NULL, spare_sealed = NULL, settled_at = $now, code = NULL
     WHERE ${HELD}`,
    { id, holder, now },
  );
}

export function retryNotification(
  database: Database,
  { id, dueAt, code, isCounted }: { id: NotificationId; dueAt: number; code: string; isCounted: boolean },
): void {
  database.run(
    `UPDATE notification SET state = 'waiting', holder = NULL, due_at = $dueAt, code = $code, attempts = attempts - $uncounted
     WHERE ${HELD}`,
    { id, holder: database.holder, dueAt, code, uncounted: isCounted ? 0 : 1 },
  );
}

export function parkNotification(
  database: Database,
  { id, now, code }: { id: NotificationId; now: number; code: string },
): "parked" | "spare" {
  const { holder } = database;
  if (UNREADABLE_CODES.includes(code)) {
    const { changes } = database.run(
      `UPDATE notification SET state = 'waiting', holder = NULL, attempts = 0, due_at = 0,
         ear = spare_ear, sealed = spare_sealed, spare_ear = ear, spare_sealed = NULL
       WHERE ${HELD} AND spare_sealed IS NOT NULL`,
      { id, holder },
    );
    if (changes > 0) return "spare";
  }
  database.run(
    `UPDATE notification SET state = 'parked', holder = NULL, settled_at = $now, code = $code WHERE ${HELD}`,
    {
      id,
      holder,
      now,
      code,
    },
  );
  return "parked";
}

/** One bot at a time has the file, so whoever else held claims is gone; a tool cannot know, and releases nothing. */
export function releaseClaims({ run, holder, isBot }: Database): number {
  if (!isBot) return 0;
  return run(
    `UPDATE notification SET state = 'waiting', holder = NULL, attempts = attempts - 1
     WHERE state = 'claimed' AND holder IS NOT $holder`,
    { holder },
  ).changes;
}
