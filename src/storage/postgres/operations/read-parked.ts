import type { NotificationId } from "../../../model/ids.ts";
import type { ParkedFilter, ParkedNotification } from "../../storage.ts";
import type { Database } from "../database.ts";
import { readAddress } from "../read-row.ts";

const FITS = `
  state = 'parked' AND ($1::text IS NULL OR tenant_id = $1)
    AND ($2::text IS NULL OR code = $2) AND ($3::bigint IS NULL OR id = $3)`;

const bindFilter = ({ tenantId, code, id }: ParkedFilter) => [tenantId ?? null, code ?? null, id ?? null];

export async function replayParked(database: Database, filter: ParkedFilter): Promise<number> {
  const sql = `UPDATE notification SET state = 'waiting', attempts = 0, due_at = 0 WHERE ${FITS}`;
  return (await database.query(sql, bindFilter(filter))).changes;
}

export async function listParked(
  database: Database,
  { limit, ...filter }: ParkedFilter & { limit: number },
): Promise<ParkedNotification[]> {
  const { rows } = await database.query(
    `SELECT * FROM notification WHERE ${FITS} ORDER BY settled_at, id LIMIT $4`,
    [...bindFilter(filter), limit],
  );
  return rows.map((row) => ({
    id: row.id as NotificationId,
    ear: row.ear as ParkedNotification["ear"],
    message: readAddress(row),
    changeType: row.change_type as ParkedNotification["changeType"],
    code: row.code as string,
    receivedAt: row.received_at as number,
    parkedAt: row.settled_at as number,
  }));
}
