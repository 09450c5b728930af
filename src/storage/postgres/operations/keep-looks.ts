import type { Opening } from "../opening.ts";

export async function askForLook({ query }: Opening, { tenantId }: { tenantId: string }): Promise<void> {
  await query("INSERT INTO look (tenant_id) VALUES ($1) ON CONFLICT DO NOTHING", [tenantId]);
}

export async function takeLooks({ query }: Opening): Promise<string[]> {
  const { rows } = await query("DELETE FROM look RETURNING tenant_id");
  return rows.map(({ tenant_id }) => tenant_id as string);
}

export async function tryLead({ presence }: Opening): Promise<boolean> {
  return presence ? presence.tryLead() : false;
}
