import type { InstalledPlace } from "../../storage.ts";
import type { Opening } from "../opening.ts";

interface PlaceKey {
  readonly tenantId: string;
  readonly placeId: string;
}

export async function savePlace(opening: Opening, place: InstalledPlace): Promise<void> {
  await opening.query(
    `INSERT INTO place (tenant_id, place_id, kind, team_id, name, service_url, seen_at, installed_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (tenant_id, place_id) DO UPDATE SET kind = excluded.kind, team_id = excluded.team_id,
       name = excluded.name, service_url = excluded.service_url, seen_at = excluded.seen_at,
       installed_at = excluded.installed_at`,
    [
      ...[place.tenantId, place.placeId, place.kind, place.teamId],
      ...[place.name, place.serviceUrl, place.seenAt, place.installedAt],
    ],
  );
}

export async function removePlace(opening: Opening, { tenantId, placeId }: PlaceKey): Promise<void> {
  await opening.query("DELETE FROM place WHERE tenant_id = $1 AND place_id = $2", [tenantId, placeId]);
}

export async function findPlace(
  opening: Opening,
  { tenantId, placeId }: PlaceKey,
): Promise<InstalledPlace | null> {
  const { rows } = await opening.query("SELECT * FROM place WHERE tenant_id = $1 AND place_id = $2", [
    tenantId,
    placeId,
  ]);
  return rows[0] ? readPlace(rows[0]) : null;
}

export async function findNewestPlace(
  opening: Opening,
  { tenantId }: { tenantId: string },
): Promise<InstalledPlace | null> {
  const { rows } = await opening.query(
    "SELECT * FROM place WHERE tenant_id = $1 ORDER BY seen_at DESC LIMIT 1",
    [tenantId],
  );
  return rows[0] ? readPlace(rows[0]) : null;
}

export async function listPlaces(
  opening: Opening,
  { tenantId }: { tenantId?: string },
): Promise<InstalledPlace[]> {
  const { rows } = await opening.query(
    "SELECT * FROM place WHERE kind <> 'personal' AND ($1::text IS NULL OR tenant_id = $1) ORDER BY place_id",
    [tenantId ?? null],
  );
  return rows.map(readPlace);
}

function readPlace(row: Readonly<Record<string, unknown>>): InstalledPlace {
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
