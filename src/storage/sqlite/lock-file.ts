import { DatabaseSync } from "node:sqlite";
import { EarshotError } from "../../errors.ts";
import { makePrivate } from "./make-private.ts";

/** https://sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5;

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
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error;
    throw new EarshotError(
      "storage-in-use",
      `the SQLite file ${file} cannot be taken: another Earshot holds ${file}.lock. Stop that one, or name another file in DATABASE_URL; several instances need PostgreSQL (postgres://… in DATABASE_URL).`,
      { cause: error },
    );
  }
  return () => {
    lock.close();
  };
}
