import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { EarshotError } from "../../errors.ts";
import { lockFile } from "./lock-file.ts";
import { makePrivate } from "./make-private.ts";
import { MIGRATIONS } from "./migrations.ts";

/** How long a writer waits for another one: a tool beside the bot. */
const BUSY_MS = 2_000;

/** A SQLite file with its prepared statements; lives in one thread. */
export interface Database {
  /** Who claims by it: another word at every opening. */
  readonly holder: string;
  /** One of the bots, of which the file has one at a time; else a tool, which claims and leads nothing. */
  readonly isBot: boolean;
  run(sql: string, values: Record<string, SQLInputValue>): { changes: number };
  all(sql: string, values?: Record<string, SQLInputValue>): Record<string, unknown>[];
  exec(sql: string): void;
  close(): void;
}

/**
 * Opens the file, making it and its folder where they are missing, and brings the schema up to date.
 * WAL with synchronous=FULL: what is committed outlives a power cut (https://sqlite.org/pragma.html#pragma_synchronous).
 * Throws `storage-in-use` where a bot comes and another has the file, `storage-schema-newer` where a later Earshot wrote
 * it, or `storage-unavailable`.
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
    isBot,
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
  const undo: (() => void)[] = [];
  try {
    const isFile = file !== ":memory:";
    if (isFile) {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      makePrivate(file);
    }
    const unlock = isFile && isBot ? lockFile(file) : () => undefined;
    undo.push(unlock);
    const connection = new DatabaseSync(file, { timeout: BUSY_MS });
    undo.push(() => {
      connection.close();
    });
    connection.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;");
    migrate(connection, file);
    return { connection, unlock };
  } catch (error) {
    undo.toReversed().forEach((step) => {
      step();
    });
    if (error instanceof EarshotError) throw error;
    const found = error instanceof Error ? error.message : String(error);
    throw new EarshotError(
      "storage-unavailable",
      `the SQLite file ${file} cannot be opened: ${found}. Give the program a folder it may write, or name another file in DATABASE_URL.`,
      { cause: error },
    );
  }
}

/** Two may open at once: who comes second waits, and finds the work done. */
function migrate(connection: DatabaseSync, file: string): void {
  const readVersion = () => Number(connection.prepare("PRAGMA user_version").get()?.user_version);
  while (readVersion() < MIGRATIONS.length) {
    connection.exec("BEGIN IMMEDIATE");
    const version = readVersion();
    const step = MIGRATIONS[version];
    connection.exec(step === undefined ? "COMMIT" : `${step}; PRAGMA user_version = ${version + 1}; COMMIT`);
  }
  const version = readVersion();
  if (version > MIGRATIONS.length) {
    throw new EarshotError(
      "storage-schema-newer",
      `${file} has schema ${version}, written by a later Earshot; this one knows ${MIGRATIONS.length}. Run the later version, or name another file in DATABASE_URL.`,
    );
  }
}
