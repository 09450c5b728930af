import type { Database } from "../database.ts";

export async function askForLook(database: Database, { tenantId }: { tenantId: string }): Promise<void> {
  await database.query("INSERT INTO look (tenant_id) VALUES ($1) ON CONFLICT DO NOTHING", [tenantId]);
}

export async function takeLooks(database: Database): Promise<string[]> {
  const { rows } = await database.query("DELETE FROM look RETURNING tenant_id");
  return rows.map(({ tenant_id }) => tenant_id as string);
}
