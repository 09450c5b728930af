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

function readDeafSpot(row: Record<string, unknown>): DeafSpot {
  return {
    tenantId: row.tenant_id as string,
    label: row.label as string,
    teamId: row.team_id as string | null,
    conversationId: row.conversation_id as string | null,
    state: row.state as DeafSpot["state"],
    wantedBy: row.wanted_by as string,
    reason: row.reason as string,
    refused:
      row.resource === null
        ? null
        : { resource: row.resource as string, askAgainAt: row.ask_again_at as number },
  };
}
