import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { EarshotError } from "../../errors.ts";
import { lockFile } from "./lock-file.ts";
import { makePrivate } from "./make-private.ts";
import { MIGRATIONS } from "./migrations.ts";

/** A SQLite file with its prepared statements; lives in one thread. */
export interface Database {
  /** Who claims by it: another word at every opening. */
  readonly holder: string;
  run(sql: string, values: Record<string, SQLInputValue>): { changes: number };
  all(sql: string, values?: Record<string, SQLInputValue>): Record<string, unknown>[];
  exec(sql: string): void;
  close(): void;
}

/**
 * Opens the file, making it and its folder where they are missing, and brings the schema up to date.
 * WAL with synchronous=FULL: what is committed outlives a power cut (https://sqlite.org/pragma.html#pragma_synchronous).
 * A bot has the file for itself. Throws `storage-in-use`, `storage-unavailable`, or `storage-schema-newer` where a later Earshot wrote the file.
 */
export function openDatabase(file: string, isBot: boolean): Database {
  const { connection, unlock } = connect(file, isBot);
  const statements = new Map<string, StatementSync>();
  const prepare = (sql: string) => {
    let statement = statements.get(sql);
    if (!statement) {
      statement = connection.prepare(sql);
      statements.set(sql, statement);
    }
    return statement;
  };
  return {
    holder: randomUUID(),
    run: (sql, values) => ({ changes: Number(prepare(sql).run(values).changes) }),
    all: (sql, values = {}) => prepare(sql).all(values),
    exec: (sql) => {
      connection.exec(sql);
    },
    close: () => {
      connection.close();
      unlock();
    },
  };
}

function connect(file: string, isBot: boolean): { connection: DatabaseSync; unlock: () => void } {
  try {
    const isFile = file !== ":memory:";
    if (isFile) {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      makePrivate(file);
    }
    const unlock = isFile && isBot ? lockFile(file) : () => undefined;
    const connection = new DatabaseSync(file);
    connection.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 2000;");
    migrate(connection, file);
    return { connection, unlock };
  } catch (error) {
    if (error instanceof EarshotError) throw error;
    const found = error instanceof Error ? error.message : String(error);
    throw new EarshotError(
      "storage-unavailable",
      `the SQLite file ${file} cannot be opened: ${found}. Give the program a folder it may write, or name another file in DATABASE_URL.`,
      { cause: error },
    );
  }
}

function migrate(connection: DatabaseSync, file: string): void {
  const version = Number(connection.prepare("PRAGMA user_version").get()?.user_version);
  if (version > MIGRATIONS.length) {
    throw new EarshotError(
      "storage-schema-newer",
      `${file} has schema ${version}, written by a later Earshot; this one knows ${MIGRATIONS.length}. Run the later version, or name another file in DATABASE_URL.`,
    );
  }
  MIGRATIONS.slice(version).forEach((step, index) => {
    connection.exec(`BEGIN; ${step}; PRAGMA user_version = ${version + index + 1}; COMMIT;`);
  });
}
