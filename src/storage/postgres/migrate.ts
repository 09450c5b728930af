import type pg from "pg";
import { EarshotError } from "../../errors.ts";
import { createRunner, explainFailure } from "./database.ts";
import { LOCKS } from "./locks.ts";
import { MIGRATIONS } from "./migrations.ts";

/**
 * Brings the schema up to date; instances that start together wait for one another. Throws `storage-schema-newer`
 * where a later Earshot wrote it, or `storage-unavailable`.
 */
export async function migrate(pool: pg.Pool): Promise<void> {
  const client = await pool.connect().catch((error: unknown) => {
    throw explainFailure(error);
  });
  const runner = createRunner(client);
  try {
    await runner.query("BEGIN");
    await runner.query("SELECT pg_advisory_xact_lock($1, $2)", LOCKS.migration);
    await runner.query("CREATE TABLE IF NOT EXISTS earshot_schema (version integer NOT NULL)");
    const { rows } = await runner.query("SELECT version FROM earshot_schema");
    const version = Number(rows[0]?.version ?? 0);
    if (version > MIGRATIONS.length) {
      throw new EarshotError(
        "storage-schema-newer",
        `the PostgreSQL database has schema ${version}, written by a later Earshot; this one knows ${MIGRATIONS.length}. Run the later version, or name another database in DATABASE_URL.`,
      );
    }
    for (const step of MIGRATIONS.slice(version)) await runner.query(step);
    if (version < MIGRATIONS.length) {
      await runner.query("DELETE FROM earshot_schema");
      await runner.query("INSERT INTO earshot_schema (version) VALUES ($1)", [MIGRATIONS.length]);
    }
    await runner.query("COMMIT");
    client.release();
  } catch (error) {
    // With the connection its transaction ends.
    client.release(true);
    throw error;
  }
}
