/** What a case of the conformance suite stands on: an empty database of one engine, opened and opened again. */
import { readdir, readFile, mkdtemp, rm } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import pg from "pg";
import { openPostgres } from "../../src/storage/postgres/open-postgres.ts";
import { HOLDER_LOCKS } from "../../src/storage/postgres/locks.ts";
import { openSqlite } from "../../src/storage/sqlite/open-sqlite.ts";
import type { Claim, InboxCounts, Storage } from "../../src/storage/storage.ts";
import type { PostgresServer } from "../postgres-server.ts";

export interface Database {
  open(as: "bot" | "tool"): Promise<Storage>;
  /** What of it a thief would find, as one text; everything of it is closed. */
  readRemains(): Promise<string>;
  /** Runs a statement behind the engine's back. */
  tamper(sql: string): Promise<void>;
  /** The bots that have it die, as far as others can see. */
  killHolders(bots: readonly Storage[]): Promise<void>;
  drop(): Promise<void>;
}

export interface Engine {
  readonly name: string;
  /** Several bots at once. */
  readonly isShared: boolean;
  /** A statement that makes the schema one of a later Earshot. */
  readonly stampLater: string;
  create(): Promise<Database>;
}

export const SQLITE: Engine = {
  name: "SQLite",
  isShared: false,
  stampLater: "PRAGMA user_version = 1000",
  create: async () => {
    const file = join(await mkdtemp(join(tmpdir(), "earshot-test-")), "earshot.db");
    return {
      open: (as) => openSqlite(file, as),
      readRemains: async () => {
        const files = (await readdir(dirname(file))).filter((name) => name.startsWith(basename(file)));
        const contents = await Promise.all(
          files.map((name) => readFile(join(dirname(file), name), "latin1")),
        );
        return contents.join("\n");
      },
      tamper: async (sql) => {
        const database = new DatabaseSync(file);
        database.exec(sql);
        database.close();
      },
      killHolders: async (bots) => {
        await Promise.all(bots.map((bot) => bot.close()));
      },
      drop: () => rm(dirname(file), { recursive: true, force: true }),
    };
  },
};

export function createPostgresEngine(server: () => Promise<PostgresServer>): Engine {
  // To empty one is quicker than to make one.
  const used: string[] = [];
  return {
    name: "PostgreSQL",
    isShared: true,
    stampLater: "UPDATE earshot_schema SET version = 1000",
    create: async () => {
      const url = used.pop() ?? (await (await server()).createDatabase());
      await query(url, "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
      return {
        open: (as) => openPostgres(url, as),
        readRemains: async () => {
          const tables = ["notification", "ledger", "place", "subscription", "look"];
          const values = await Promise.all(
            tables.map((table) =>
              query(url, `SELECT value FROM ${table}, jsonb_each_text(to_jsonb(${table}))`),
            ),
          );
          return values.flat().map(String).join("\n");
        },
        tamper: async (sql) => {
          await query(url, sql);
        },
        killHolders: async () => {
          await killHolders(url);
        },
        drop: async () => {
          used.push(url);
        },
      };
    },
  };
}

/** Ends the connections by which bots show that they live, the oldest first; answers how many. */
export async function killHolders(url: string, most = 1_000): Promise<number> {
  const holders = `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = ${HOLDER_LOCKS} AND granted
                   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                   ORDER BY objid LIMIT ${most}`;
  // The time-out: until it is gone.
  const killed = await query(url, `SELECT pg_terminate_backend(pid, 10000) FROM (${holders}) AS holder`);
  return killed.length;
}

/** The first column of what a statement answers; several statements answer nothing. */
export async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client(url);
  client.on("error", () => undefined);
  await client.connect();
  try {
    const result = await client.query<unknown[]>({ text: sql, rowMode: "array" });
    return Array.isArray(result) ? [] : result.rows.map(([first]) => first);
  } finally {
    await client.end();
  }
}

export const NOW = 10_000;

/** A stage for each test of the surrounding `describe`. */
export interface Stage {
  /** The bot that is open from the beginning. */
  readonly storage: Storage;
  readonly database: Database;
  /** Another opening; closed after the test. */
  open(as?: "bot" | "tool"): Promise<Storage>;
  /** Closes the bot and opens another one. */
  reopen(): Promise<Storage>;
  /** Closes all and answers what is left. */
  readRemains(): Promise<string>;
  claim(limit?: number, now?: number): Promise<readonly Claim[]>;
  claimOne(now?: number): Promise<Claim>;
  complete(claim: Claim): Promise<void>;
  park(claim: Claim, code: string, now?: number): Promise<"parked" | "spare">;
  counts(): Promise<InboxCounts>;
}

export function useStage(engine: Engine): Stage {
  let database: Database;
  let storage: Storage;
  const opened: Storage[] = [];
  const open = async (as: "bot" | "tool" = "bot") => {
    const storage = await database.open(as);
    opened.push(storage);
    return storage;
  };
  const closeAll = () => Promise.all(opened.splice(0).map((storage) => storage.close()));
  const claim = (limit = 100, now = NOW) => storage.claimNotifications({ limit, now });

  beforeEach(async () => {
    database = await engine.create();
    storage = await open();
  });
  afterEach(async () => {
    await closeAll();
    await database.drop();
  });

  return {
    get storage() {
      return storage;
    },
    get database() {
      return database;
    },
    open,
    reopen: async () => {
      await storage.close();
      return (storage = await open());
    },
    readRemains: async () => {
      await closeAll();
      return database.readRemains();
    },
    claim,
    claimOne: async (now = NOW) => {
      const [only, ...others] = await claim(1, now);
      if (!only || others.length > 0) throw new Error("one was to be claimed");
      return only;
    },
    complete: ({ id }) => storage.completeNotification({ id, now: NOW }),
    park: ({ id }, code, now = NOW) => storage.parkNotification({ id, now, code }),
    counts: () => storage.readCounts({}),
  };
}

export const count = (change: Partial<InboxCounts> = {}): InboxCounts => ({
  waiting: 0,
  claimed: 0,
  done: 0,
  parked: 0,
  ...change,
});
