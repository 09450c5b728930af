import { readDeafSpot } from "../../read-row.ts";
import type { DeafSpot } from "../../subscription-record.ts";
import type { Opening } from "../opening.ts";

/** One statement: who reads meanwhile sees the old ones or the new. */
const SAVE = `
  WITH gone AS (DELETE FROM deaf_spot WHERE tenant_id = $1 AND ordinal > $2)
  INSERT INTO deaf_spot
    (tenant_id, ordinal, label, team_id, conversation_id, state, wanted_by, reason, resource, ask_again_at)
  SELECT $1, spot.ordinal, spot.label, spot.team_id, spot.conversation_id, spot.state, spot.wanted_by, spot.reason,
    spot.resource, spot.ask_again_at
  FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::bigint[])
    WITH ORDINALITY
    AS spot (label, team_id, conversation_id, state, wanted_by, reason, resource, ask_again_at, ordinal)
  ON CONFLICT (tenant_id, ordinal) DO UPDATE SET label = excluded.label, team_id = excluded.team_id,
    conversation_id = excluded.conversation_id, state = excluded.state, wanted_by = excluded.wanted_by,
    reason = excluded.reason, resource = excluded.resource, ask_again_at = excluded.ask_again_at`;

export async function saveDeafSpots(
  { query }: Opening,
  { tenantId, spots }: { tenantId: string; spots: readonly DeafSpot[] },
): Promise<void> {
  const column = <Name extends keyof DeafSpot>(name: Name) => spots.map((spot) => spot[name]);
  await query(SAVE, [
    ...[tenantId, spots.length],
    ...[column("label"), column("teamId"), column("conversationId")],
    ...[column("state"), column("wantedBy"), column("reason")],
    spots.map(({ refused }) => refused?.resource ?? null),
    spots.map(({ refused }) => refused?.askAgainAt ?? null),
  ]);
}

export async function listDeafSpots(
  { query }: Opening,
  { tenantId }: { tenantId?: string },
): Promise<DeafSpot[]> {
  const { rows } = await query(
    "SELECT * FROM deaf_spot WHERE $1::text IS NULL OR tenant_id = $1 ORDER BY tenant_id, ordinal",
    [tenantId ?? null],
  );
  return rows.map(readDeafSpot);
}
