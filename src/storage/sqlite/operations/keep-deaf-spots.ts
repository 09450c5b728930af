import { readDeafSpot } from "../../read-row.ts";
import type { DeafSpot } from "../../subscription-record.ts";
import type { Database } from "../database.ts";

export function saveDeafSpots(
  database: Database,
  { tenantId, spots }: { tenantId: string; spots: readonly DeafSpot[] },
): void {
  database.run("DELETE FROM deaf_spot WHERE tenant_id = $tenantId", { tenantId });
  spots.forEach(({ refused, ...spot }, ordinal) => {
    database.run(
      `INSERT INTO deaf_spot
         (tenant_id, ordinal, label, team_id, conversation_id, state, wanted_by, reason, resource, ask_again_at)
       VALUES
         ($tenantId, $ordinal, $label, $teamId, $conversationId, $state, $wantedBy, $reason, $resource, $askAgainAt)`,
      {
        ...spot,
        tenantId,
        ordinal,
        resource: refused?.resource ?? null,
        askAgainAt: refused?.askAgainAt ?? null,
      },
    );
  });
}

export function listDeafSpots(database: Database, { tenantId }: { tenantId?: string }): DeafSpot[] {
  return database
    .all(
      "SELECT * FROM deaf_spot WHERE $tenantId IS NULL OR tenant_id = $tenantId ORDER BY tenant_id, ordinal",
      {
        tenantId: tenantId ?? null,
      },
    )
    .map(readDeafSpot);
}
