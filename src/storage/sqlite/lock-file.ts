import { DatabaseSync } from "node:sqlite";
import { EarshotError } from "../../errors.ts";
import { makePrivate } from "./make-private.ts";

/**
 * Takes the file for one bot, by an open transaction on a file beside it: the lock dies with the process, and tools
 * can still read and write the database. Answers how to give it back. Throws `storage-in-use`.
 */
export function lockFile(file: string): () => void {
  makePrivate(`${file}.lock`);
  const lock = new DatabaseSync(`${file}.lock`);
  try {
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    throw new EarshotError(
      "storage-in-use",
      `another Earshot has the SQLite file ${file}. Stop it, or name another file in DATABASE_URL; several instances need PostgreSQL.`,
      { cause: error },
    );
  }
  return () => {
    lock.close();
  };
}
