import type { LookAddress } from "../../subscription-record.ts";
import type { Database } from "../database.ts";

export function askForLook(database: Database, { tenantId, teamId }: LookAddress): void {
  database.run("INSERT INTO look (tenant_id, team_id) VALUES ($tenantId, $teamId) ON CONFLICT DO NOTHING", {
    tenantId,
    teamId: teamId ?? "",
  });
}

export function takeLooks(database: Database): LookAddress[] {
  return database.all("DELETE FROM look RETURNING tenant_id, team_id").map(({ tenant_id, team_id }) => ({
    tenantId: tenant_id as string,
    teamId: team_id === "" ? null : (team_id as string),
  }));
}

/** One bot at a time has the file: it is the keeper. */
export function tryLead({ isBot }: Database): boolean {
  return isBot;
}

export function noteAlive(database: Database, { now }: { now: number }): void {
  database.run(
    "INSERT INTO alive (id, at) VALUES (1, $now) ON CONFLICT (id) DO UPDATE SET at = max(at, $now)",
    { now },
  );
}

export function readAlive(database: Database): number | null {
  const [row] = database.all("SELECT at FROM alive");
  return row ? (row.at as number) : null;
}
