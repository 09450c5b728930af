import { EarshotError } from "../../errors.ts";
import { connectClient, createQuery } from "./database.ts";
import { MIGRATION_LOCK } from "./locks.ts";
import { MIGRATIONS } from "./migrations.ts";

/**
 * Brings the schema up to date, all steps or none; openings that come together wait for one another. Throws
 * `storage-schema-newer` where a later Earshot wrote it, or `storage-unavailable`.
 */
export async function migrate(url: string): Promise<void> {
  const client = await connectClient(url, { isPatient: true });
  const query = createQuery(client);
  try {
    await query("BEGIN");
    await query("SELECT pg_advisory_xact_lock($1, $2)", MIGRATION_LOCK);
    await query("CREATE TABLE IF NOT EXISTS earshot_schema (version integer NOT NULL)");
    const { rows } = await query("SELECT version FROM earshot_schema");
    const version = (rows[0]?.version ?? 0) as number;
    if (version > MIGRATIONS.length) {
      throw new EarshotError(
        "storage-schema-newer",
        `the PostgreSQL database has schema ${version}, written by a later Earshot; this one knows ${MIGRATIONS.length}. Run the later version, or name another database in DATABASE_URL.`,
      );
    }
    if (version < MIGRATIONS.length) {
      for (const step of MIGRATIONS.slice(version)) await query(step);
      await query("DELETE FROM earshot_schema");
      await query("INSERT INTO earshot_schema (version) VALUES ($1)", [MIGRATIONS.length]);
    }
    await query("COMMIT");
  } finally {
    // With the connection an open transaction ends.
    await client.end();
  }
}
