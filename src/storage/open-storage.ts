import type { DatabaseAddress } from "../model/database-address.ts";
import type { Storage } from "./storage.ts";

/**
 * Opens the database and brings its schema up to date. `bot`: one of the instances that handle notifications; of a
 * SQLite file there is one at a time. `tool`: a command beside it, which claims nothing.
 * Throws `storage-unavailable`, `storage-schema-newer` or `storage-in-use`.
 */
export async function openStorage(address: DatabaseAddress, as: "bot" | "tool"): Promise<Storage> {
  if (address.kind === "sqlite") {
    const { openSqlite } = await import("./sqlite/open-sqlite.ts");
    return openSqlite(address.file, as);
  }
  const { openPostgres } = await import("./postgres/open-postgres.ts");
  return openPostgres(address.url.reveal(), as);
}
