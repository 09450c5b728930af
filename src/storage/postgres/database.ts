import pg from "pg";
import { EarshotError, toEarshotError } from "../../errors.ts";

/** The pool of connections, as the operations see it. */
export interface Database {
  /** One statement, or several that need no values. Throws `storage-unavailable`. */
  query(sql: string, values?: readonly unknown[]): Promise<Result>;
  /** Of this opening at this time, for claims; null for a tool. Throws `storage-unavailable`. */
  readHolder(): Promise<number | null>;
}

export interface Result {
  readonly rows: readonly Record<string, unknown>[];
  readonly changes: number;
}

/** What runs statements: the pool, or one connection of it. */
export interface Runner {
  query(sql: string, values?: readonly unknown[]): Promise<Result>;
}

const CONNECTIONS = 8;
/** Nobody waits longer than this for a database that is gone. */
const CONNECT_TIMEOUT_MS = 3_000;
const STATEMENT_TIMEOUT_MS = 10_000;

const toNumber = (text: string) => Number(text);

/** `int8` fits in a number here: instants, ids, counts. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (id, format) =>
    id === pg.types.builtins.INT8 ? toNumber : (pg.types.getTypeParser(id, format) as typeof toNumber),
};

export function createPool(url: string): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: "earshot",
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: STATEMENT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    keepAlive: true,
    types,
  });
  // A connection that breaks while nobody uses it is replaced when it is wanted.
  pool.on("error", () => undefined);
  return pool;
}

export function createClient(url: string): pg.Client {
  return new pg.Client({
    connectionString: url,
    application_name: "earshot lock",
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: STATEMENT_TIMEOUT_MS,
    keepAlive: true,
    types,
  });
}

/** Statements with values are prepared once a connection: their text is their name's source. */
export function createRunner(connection: Pick<pg.ClientBase | pg.Pool, "query">): Runner {
  return {
    query: async (sql, values) => {
      try {
        const result = await connection.query(sql, values ? [...values] : undefined);
        // Several statements in one text answer one result each.
        const last = Array.isArray(result) ? (result as pg.QueryResult[]).at(-1) : result;
        return { rows: (last?.rows ?? []) as Record<string, unknown>[], changes: last?.rowCount ?? 0 };
      } catch (error) {
        throw explainFailure(error);
      }
    },
  };
}

/** The unique violation of SQLSTATE 23505 is told apart by who asks for it. */
export function explainFailure(error: unknown): EarshotError {
  if (error instanceof EarshotError) return error;
  const { code, message } = error as { code?: string; message?: string };
  return new EarshotError("storage-unavailable", `PostgreSQL: ${[code, message].filter(Boolean).join(" ")}`, {
    cause: error,
  });
}

export function isUniqueViolation(error: unknown): boolean {
  return (toEarshotError(error).cause as { code?: string } | undefined)?.code === "23505";
}
