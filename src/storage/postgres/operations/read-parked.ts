import type { ParkedFilter, ParkedNotification } from "../../storage.ts";
import type { Opening } from "../opening.ts";
import { readParked } from "../read-row.ts";

const FITS = `
  state = 'parked' AND ($1::text IS NULL OR tenant_id = $1)
    AND ($2::text IS NULL OR code = $2) AND ($3::bigint IS NULL OR id = $3)`;

const bindFilter = ({ tenantId, code, id }: ParkedFilter) => [tenantId ?? null, code ?? null, id ?? null];

const REPLAY = `
  WITH fitting AS MATERIALIZED (SELECT id FROM notification WHERE ${FITS} ORDER BY id FOR UPDATE)
  UPDATE notification SET state = 'waiting', attempts = 0, due_at = 0, settled_at = NULL
  FROM fitting WHERE notification.id = fitting.id`;

export async function replayParked({ query }: Opening, filter: ParkedFilter): Promise<number> {
  const { changes } = await query(REPLAY, bindFilter(filter));
  return changes;
}

export async function listParked(
  { query }: Opening,
  { limit, ...filter }: ParkedFilter & { limit: number },
): Promise<ParkedNotification[]> {
  const { rows } = await query(`SELECT * FROM notification WHERE ${FITS} ORDER BY settled_at, id LIMIT $4`, [
    ...bindFilter(filter),
    limit,
  ]);
  return rows.map(readParked);
}
