/** How we talk to PostgreSQL: time-outs on both sides, numbers as numbers, and failures in our words. */
import pg from "pg";
import { EarshotError } from "../../errors.ts";

export interface Result {
  readonly rows: readonly Record<string, unknown>[];
  readonly changes: number;
}

/** Throws `storage-unavailable`. */
export type Query = (sql: string, values?: readonly unknown[]) => Promise<Result>;

/** Connections of an instance, beside the one that shows that it lives. */
const CONNECTIONS = 8;
const CONNECT_TIMEOUT_MS = 3_000;
/** The server gives up first: what we were told has failed does not happen behind our back. */
const SERVER_TIMEOUT_MS = 4_000;
const ANSWER_TIMEOUT_MS = 5_000;

/**
 * For every connection. A commit waits for the disk, whatever the server's default. A host that fell silent is noticed
 * in 20 seconds: by probes where nothing is under way (keepalive), by its missing acknowledgement where something is.
 */
const SESSION = `
  SELECT set_config('synchronous_commit', 'on', false),
    set_config('statement_timeout', '${SERVER_TIMEOUT_MS}', false),
    set_config('tcp_keepalives_idle', '5', false),
    set_config('tcp_keepalives_interval', '5', false),
    set_config('tcp_keepalives_count', '3', false),
    set_config('tcp_user_timeout', '20000', false)`;

/** `bigint` is an instant, an id or a count here: safe as a number. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((id: number, format?: "text") =>
    id === Number(pg.types.builtins.INT8)
      ? Number
      : (pg.types.getTypeParser(id, format) as unknown)) as pg.CustomTypesConfig["getTypeParser"],
};

const readOptions = (url: string): pg.ClientConfig => ({
  connectionString: url,
  application_name: "earshot",
  connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  keepAlive: true,
  keepAliveInitialDelayMillis: 5_000,
  types,
});

export function createPool(url: string): pg.Pool {
  const pool = new pg.Pool({
    ...readOptions(url),
    query_timeout: ANSWER_TIMEOUT_MS,
    max: CONNECTIONS,
    idleTimeoutMillis: 30_000,
    // Awaited, though its type does not say so.
    onConnect: (client) => client.query(SESSION) as unknown as undefined,
  });
  // One that breaks while nobody uses it is replaced when it is wanted.
  pool.on("error", () => undefined);
  return pool;
}

/** A connection for a purpose of its own; `isPatient`: its statements may take as long as they need. */
export async function connectClient(url: string, { isPatient = false } = {}): Promise<pg.Client> {
  const client = createClient({
    ...readOptions(url),
    ...(isPatient ? {} : { query_timeout: ANSWER_TIMEOUT_MS }),
  });
  // Told by the next query too.
  client.on("error", () => undefined);
  try {
    await client.connect();
    if (!isPatient) await client.query(SESSION);
    return client;
  } catch (error) {
    void client.end().catch(() => undefined);
    throw explainFailure(error);
  }
}

/** The driver's words on a URL that it cannot read hold the URL, and so the password: they go no further. */
function createClient(options: pg.ClientConfig): pg.Client {
  try {
    return new pg.Client(options);
  } catch {
    throw new EarshotError(
      "storage-unavailable",
      "PostgreSQL: DATABASE_URL cannot be read; it wants postgres://<user>:<password>@<host>:<port>/<database>, with signs such as @ and % in its parts percent-encoded",
    );
  }
}

export function createQuery(client: pg.ClientBase): Query {
  return async (sql, values) => {
    try {
      const { rows, rowCount } = await client.query<Record<string, unknown>>(sql, values && [...values]);
      return { rows, changes: rowCount ?? 0 };
    } catch (error) {
      throw explainFailure(error);
    }
  };
}

/** Each query on whatever connection is free. */
export function createPoolQuery(pool: pg.Pool): Query {
  return async (sql, values) => {
    const client = await pool.connect().catch((error: unknown) => {
      throw explainFailure(error);
    });
    // While it is in our hands the pool does not listen; the query tells what is wrong.
    const ignore = () => undefined;
    client.on("error", ignore);
    try {
      const result = await createQuery(client)(sql, values);
      client.release();
      return result;
    } catch (error) {
      client.release(!isAnswer(error));
      throw error;
    } finally {
      client.off("error", ignore);
    }
  };
}

/** Neither PostgreSQL's words nor the driver's hold the password. */
function explainFailure(error: unknown): EarshotError {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const found = [code, message].filter((word) => typeof word === "string" && word !== "").join(" ");
  return new EarshotError("storage-unavailable", `PostgreSQL: ${found || String(error)}`, { cause: error });
}

/** With these a connection ends, or is not to be trusted (FATAL and PANIC are words in the server's own language). */
const ENDS = /^(08|25P0[34]|57P|58|F0|XX)/;

/**
 * The code by which PostgreSQL refused a statement, or null where it did not say, or said good-bye: then the connection
 * is of no more use. Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export function readSqlState(error: unknown): string | null {
  const { cause } = error as { cause?: unknown };
  const code = cause instanceof pg.DatabaseError ? cause.code : undefined;
  return code === undefined || ENDS.test(code) ? null : code;
}

const isAnswer = (error: unknown) => readSqlState(error) !== null;

/** Another one was faster: it has the key (23505), or each waited for the other and we were sent away (40P01). */
export function isLostRace(error: unknown): boolean {
  return ["23505", "40P01"].includes(readSqlState(error) ?? "");
}

/** The fault is in what was to be written, not in the database: data, integrity, a program's limit. */
export function isFaultOfInput(error: unknown): boolean {
  return ["22", "23", "54"].includes(readSqlState(error)?.slice(0, 2) ?? "");
}
