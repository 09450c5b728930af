import type { NotificationId } from "../../../model/ids.ts";
import type { ParkedFilter, ParkedNotification } from "../../storage.ts";
import type { Database } from "../database.ts";
import { readAddress } from "../read-address.ts";

const FITS = `
  state = 'parked' AND ($tenantId IS NULL OR tenant_id = $tenantId)
    AND ($code IS NULL OR code = $code) AND ($id IS NULL OR id = $id)`;

const readFilter = ({ tenantId, code, id }: ParkedFilter) => ({
  tenantId: tenantId ?? null,
  code: code ?? null,
  id: id ?? null,
});

export function replayParked(database: Database, filter: ParkedFilter): number {
  return database.run(
    `UPDATE notification SET state = 'waiting', attempts = 0, due_at = 0, settled_at = NULL WHERE ${FITS}`,
    readFilter(filter),
  ).changes;
}

export const PARKED = `SELECT * FROM notification WHERE ${FITS} ORDER BY settled_at, id LIMIT $limit`;

export function listParked(
  database: Database,
  { limit, ...filter }: ParkedFilter & { limit: number },
): ParkedNotification[] {
  return database
    .all(PARKED, {
      ...readFilter(filter),
      limit,
    })
    .map((row) => ({
      id: row.id as NotificationId,
      ear: row.ear as ParkedNotification["ear"],
      message: readAddress(row),
      changeType: row.change_type as ParkedNotification["changeType"],
      code: row.code as string,
      receivedAt: row.received_at as number,
      parkedAt: row.settled_at as number,
    }));
}
