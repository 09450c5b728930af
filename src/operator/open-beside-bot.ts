import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { EarshotError } from "../errors.ts";
import type { DatabaseAddress } from "../model/database-address.ts";
import { openStorage } from "../storage/open-storage.ts";
import type { Storage } from "../storage/storage.ts";

/**
 * Opens the bot's database for a command, whether the bot runs or not. A SQLite file that is not there is not made:
 * an empty one would say that all is well. Throws what `openStorage` does.
 */
export async function openBesideBot(address: DatabaseAddress): Promise<Storage> {
  if (address.kind === "sqlite" && !existsSync(address.file)) {
    const found = address.file === ":memory:" ? "is within the bot alone" : "is not there";
    throw new EarshotError(
      "storage-unavailable",
      `The bot's database cannot be looked into: DATABASE_URL names ${describeFile(address.file)}, which ${found}. ` +
        "Set DATABASE_URL as the bot has it; a relative path starts at Earshot's own folder. " +
        "(An emulated tenant's database lies in a temporary folder and goes when it stops.)",
    );
  }
  return openStorage(address, "tool");
}

function describeFile(file: string): string {
  return file === ":memory:" ? "a database in memory" : `the SQLite file ${resolve(file)}`;
}
