import type { NotificationId } from "../../../model/ids.ts";
import type { Database } from "../database.ts";

export function completeNotification(
  database: Database,
  { id, now }: { id: NotificationId; now: number },
): void {
  database.run(
    "UPDATE notification SET state = 'done', sealed = NULL, settled_at = $now, code = NULL WHERE id = $id",
    { id, now },
  );
}

export function retryNotification(
  database: Database,
  { id, dueAt, code }: { id: NotificationId; dueAt: number; code: string },
): void {
  database.run("UPDATE notification SET state = 'waiting', due_at = $dueAt, code = $code WHERE id = $id", {
    id,
    dueAt,
    code,
  });
}

export function parkNotification(
  database: Database,
  { id, now, code }: { id: NotificationId; now: number; code: string },
): void {
  database.run("UPDATE notification SET state = 'parked', settled_at = $now, code = $code WHERE id = $id", {
    id,
    now,
    code,
  });
}

export function releaseClaims(database: Database): number {
  const { changes } = database.run("UPDATE notification SET state = 'waiting' WHERE state = 'claimed'", {});
  database.run(
    `UPDATE notification SET state = 'waiting', attempts = 0, due_at = 0
     WHERE state = 'parked' AND code = 'key-missing'`,
    {},
  );
  return changes;
}
