import type { InstalledPlace } from "../../storage.ts";
import type { Database } from "../database.ts";

export function savePlace(database: Database, place: InstalledPlace): void {
  database.run(
    `INSERT OR REPLACE INTO place (tenant_id, place_id, kind, team_id, name, service_url, seen_at, installed_at)
     VALUES ($tenantId, $placeId, $kind, $teamId, $name, $serviceUrl, $seenAt, $installedAt)`,
    { ...place },
  );
}

export function removePlace(
  database: Database,
  { tenantId, placeId }: { tenantId: string; placeId: string },
): void {
  database.run("DELETE FROM place WHERE tenant_id = $tenantId AND place_id = $placeId", {
    tenantId,
    placeId,
  });
}

export function findPlace(
  database: Database,
  { tenantId, placeId }: { tenantId: string; placeId: string },
): InstalledPlace | null {
  const [row] = database.all("SELECT * FROM place WHERE tenant_id = $tenantId AND place_id = $placeId", {
    tenantId,
    placeId,
  });
  return row ? readPlace(row) : null;
}

export function findNewestPlace(
  database: Database,
  { tenantId }: { tenantId: string },
): InstalledPlace | null {
  const [row] = database.all(
    "SELECT * FROM place WHERE tenant_id = $tenantId ORDER BY seen_at DESC LIMIT 1",
    { tenantId },
  );
  return row ? readPlace(row) : null;
}

export function listPlaces(database: Database, { tenantId }: { tenantId?: string }): InstalledPlace[] {
  return database
    .all(
      `SELECT * FROM place
       WHERE kind <> 'personal' AND ($tenantId IS NULL OR tenant_id = $tenantId) ORDER BY place_id`,
      { tenantId: tenantId ?? null },
    )
    .map(readPlace);
}

function readPlace(row: Record<string, unknown>): InstalledPlace {
  return {
    tenantId: row.tenant_id as string,
    placeId: row.place_id as string,
    kind: row.kind as InstalledPlace["kind"],
    teamId: row.team_id as string | null,
    name: row.name as string,
    serviceUrl: row.service_url as string,
    seenAt: row.seen_at as number,
    installedAt: row.installed_at as number,
  };
}
