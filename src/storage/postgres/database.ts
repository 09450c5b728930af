import pg from "pg";
import { EarshotError } from "../../errors.ts";

/** What the operations run their statements by. */
export interface Database {
  /** Throws `storage-unavailable`. */
  query(sql: string, values?: readonly unknown[]): Promise<Result>;
  /** Several statements as one: all of them, or none. Throws `storage-unavailable`. */
  transact<Value>(work: (runner: Runner) => Promise<Value>): Promise<Value>;
  /** Who claims by it; another number after its lock was lost. Throws `storage-unavailable` while there is none. */
  readHolder(): Promise<number>;
}

export interface Result {
  readonly rows: readonly Record<string, unknown>[];
  readonly changes: number;
}

export interface Runner {
  query(sql: string, values?: readonly unknown[]): Promise<Result>;
}

const CONNECTIONS = 8;
/** Nobody waits longer than this for a database that is gone. */
const CONNECT_TIMEOUT_MS = 3_000;
const STATEMENT_TIMEOUT_MS = 10_000;

/** `int8` holds instants, ids and counts here, which are safe as numbers. */
const INT8: number = pg.types.builtins.INT8;
const types: pg.CustomTypesConfig = {
  getTypeParser: ((id: number, format?: "text" | "binary") =>
    id === INT8
      ? Number
      : (pg.types.getTypeParser(id, format) as unknown)) as pg.CustomTypesConfig["getTypeParser"],
};

const readOptions = (url: string) => ({
  connectionString: url,
  application_name: "earshot",
  connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  query_timeout: STATEMENT_TIMEOUT_MS,
  keepAlive: true,
  types,
});

export function createPool(url: string): pg.Pool {
  const pool = new pg.Pool({
    ...readOptions(url),
    max: CONNECTIONS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
  });
  // A connection that breaks while nobody uses it is replaced when it is wanted.
  pool.on("error", () => undefined);
  return pool;
}

/** One connection for itself. */
export function createClient(url: string): pg.Client {
  return new pg.Client(readOptions(url));
}

export function createRunner(connection: Pick<pg.ClientBase, "query">): Runner {
  return {
    query: async (sql, values) => {
      try {
        const { rows, rowCount } = await connection.query<Record<string, unknown>>(
          sql,
          values?.map(readValue),
        );
        return { rows, changes: rowCount ?? 0 };
      } catch (error) {
        throw explainFailure(error);
      }
    },
  };
}

/** PostgreSQL has no NUL in its texts. */
function readValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(readValue);
  return typeof value === "string" ? value.replaceAll("\0", "") : value;
}

/** Two that wait for each other: one of them is stopped, and may try again. */
const DEADLOCK = "40P01";
const MOST_TRIES = 3;

export async function transact<Value>(
  pool: pg.Pool,
  work: (runner: Runner) => Promise<Value>,
): Promise<Value> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await transactOnce(pool, work);
    } catch (error) {
      if (readState(error) !== DEADLOCK || tries === MOST_TRIES) throw error;
    }
  }
}

async function transactOnce<Value>(pool: pg.Pool, work: (runner: Runner) => Promise<Value>): Promise<Value> {
  const client = await pool.connect().catch((error: unknown) => {
    throw explainFailure(error);
  });
  const runner = createRunner(client);
  try {
    await runner.query("BEGIN");
    const value = await work(runner);
    await runner.query("COMMIT");
    client.release();
    return value;
  } catch (error) {
    // With the connection its transaction ends, whatever state it is in.
    client.release(true);
    throw error;
  }
}

/** PostgreSQL's words do not hold the password; the driver's neither. */
export function explainFailure(error: unknown): EarshotError {
  if (error instanceof EarshotError) return error;
  const { code, message } = error as { code?: string; message?: string };
  const found = [code, message].filter((word) => word !== undefined && word !== "").join(" ");
  return new EarshotError("storage-unavailable", `PostgreSQL: ${found || String(error)}`, { cause: error });
}

/** Somebody else was faster. https://www.postgresql.org/docs/current/errcodes-appendix.html */
export function isUniqueViolation(error: unknown): boolean {
  return readState(error) === "23505";
}

function readState(error: unknown): unknown {
  return (error as { cause?: { code?: unknown } }).cause?.code;
}
