import type { LookAddress } from "../../subscription-record.ts";
import type { Opening } from "../opening.ts";

export async function askForLook({ query }: Opening, { tenantId, teamId }: LookAddress): Promise<void> {
  await query("INSERT INTO look (tenant_id, team_id) VALUES ($1, $2) ON CONFLICT DO NOTHING", [
    tenantId,
    teamId ?? "",
  ]);
}

export async function takeLooks({ query }: Opening): Promise<LookAddress[]> {
  const { rows } = await query("DELETE FROM look RETURNING tenant_id, team_id");
  return rows.map(({ tenant_id, team_id }) => ({
    tenantId: tenant_id as string,
    teamId: team_id === "" ? null : (team_id as string),
  }));
}

export async function tryLead({ presence }: Opening): Promise<boolean> {
  return presence ? presence.tryLead() : false;
}

export async function noteAlive({ query }: Opening, { now }: { now: number }): Promise<void> {
  await query(
    `INSERT INTO alive (id, at) VALUES (1, $1)
     ON CONFLICT (id) DO UPDATE SET at = greatest(alive.at, excluded.at)`,
    [now],
  );
}

export async function readAlive({ query }: Opening): Promise<number | null> {
  const { rows } = await query("SELECT at FROM alive");
  return rows[0] ? (rows[0].at as number) : null;
}
