/**
 * That this instance lives, as the others can see it: locks on a connection that is used for nothing else. When the
 * process dies the connection ends and the locks are free; a host that falls silent is noticed in half a minute.
 */
import type pg from "pg";
import { EarshotError } from "../../errors.ts";
import { createClient, createRunner, explainFailure } from "./database.ts";
import { HOLDERS, LOCKS } from "./locks.ts";
import { RELEASE } from "./operations/settle-notification.ts";

export interface Presence {
  /** Our number, under which claims are held. Throws `storage-unavailable` while there is no connection. */
  readHolder(): Promise<number>;
  /** Whether the keeper's lock is ours, taking it where it is free. Throws the same. */
  tryLead(): Promise<boolean>;
  close(): Promise<void>;
}

/** The server's side notices a host that is gone: ten seconds of silence, then three probes. */
const WATCHFUL = `
  SELECT set_config('tcp_keepalives_idle', '10', false), set_config('tcp_keepalives_interval', '5', false),
    set_config('tcp_keepalives_count', '3', false)`;

/** A number that no live instance has: each tries one, and takes the next where its lock is held. */
const MOST_HOLDERS = 1_000_000;

interface Session {
  readonly client: pg.Client;
  readonly holder: number;
  isLeading: boolean;
}

export function createPresence(url: string, random: () => number): Presence {
  let session: Promise<Session> | null = null;
  let isClosed = false;

  /** `forget` is called when the connection ends. */
  const connect = async (forget: () => void): Promise<Session> => {
    const client = createClient(url);
    client.on("error", forget).on("end", forget);
    try {
      await client.connect();
      const runner = createRunner(client);
      await runner.query(WATCHFUL);
      for (;;) {
        const holder = 1 + Math.floor(random() * MOST_HOLDERS);
        const { rows } = await runner.query("SELECT pg_try_advisory_lock($1, $2) AS taken", [
          HOLDERS,
          holder,
        ]);
        if (rows[0]?.taken !== true) continue;
        // One that bore this number before us is gone, and what it held is free.
        await runner.query(RELEASE, [holder]);
        return { client, holder, isLeading: false };
      }
    } catch (error) {
      forget();
      client.end().catch(() => undefined);
      throw explainFailure(error);
    }
  };

  const read = (): Promise<Session> => {
    if (isClosed) throw new EarshotError("storage-unavailable", "PostgreSQL: closed");
    const current =
      session ??
      connect(() => {
        if (session === current) session = null;
      });
    session = current;
    return current;
  };

  return {
    readHolder: async () => (await read()).holder,
    tryLead: async () => {
      const current = await read();
      // Asked each time, also by who leads: a connection that is gone without a word is noticed so.
      const { rows } = await createRunner(current.client).query(
        current.isLeading ? "SELECT true AS taken" : "SELECT pg_try_advisory_lock($1, $2) AS taken",
        current.isLeading ? [] : LOCKS.keeper,
      );
      current.isLeading = rows[0]?.taken === true;
      return current.isLeading;
    },
    close: async () => {
      isClosed = true;
      const current = await session?.catch(() => null);
      await current?.client.end().catch(() => undefined);
    },
  };
}
