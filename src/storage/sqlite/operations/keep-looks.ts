import type { Database } from "../database.ts";

export function askForLook(database: Database, { tenantId }: { tenantId: string }): void {
  database.run("INSERT INTO look (tenant_id) VALUES ($tenantId) ON CONFLICT DO NOTHING", { tenantId });
}

export function takeLooks(database: Database): string[] {
  return database.all("DELETE FROM look RETURNING tenant_id").map(({ tenant_id }) => tenant_id as string);
}

/** One bot at a time has the file: it is the keeper. */
export function tryLead({ isBot }: Database): boolean {
  return isBot;
}
