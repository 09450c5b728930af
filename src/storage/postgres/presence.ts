/**
 * Shows the other instances that this one lives: locks on a connection of its own. When the process dies the
 * connection ends and the locks are free; a host that falls silent is noticed by the server in 20 seconds.
 */
import type pg from "pg";
import { EarshotError } from "../../errors.ts";
import { connectClient, createQuery, readSqlState, type Query } from "./database.ts";
import { HOLDER_LOCKS, KEEPER_LOCK } from "./locks.ts";

export interface Presence {
  /**
   * Does `work` on the connection that has our locks, one work after the other: what it claims under our number is
   * claimed by a holder that lives. After a loss there is another connection, and another number. Throws
   * `storage-unavailable`.
   */
  during<Value>(work: (session: { query: Query; holder: number }) => Promise<Value>): Promise<Value>;
  /** Whether the keeper's lock is ours; takes it where it is free. Throws `storage-unavailable`. */
  tryLead(): Promise<boolean>;
  close(): Promise<void>;
}

interface Session {
  readonly client: pg.Client;
  readonly query: Query;
  readonly holder: number;
  isLeading: boolean;
}

/**
 * Statistics of a queue are always of another time, and would have all that waits sorted to take a few. Claims walk
 * the index of what is due, in its order, until they have enough.
 */
const WALK_INDEXES = ["bitmapscan", "hashjoin", "mergejoin", "seqscan", "sort"]
  .map((way) => `set_config('enable_${way}', 'off', false)`)
  .join(", ");

export function createPresence(url: string): Presence {
  let session: Session | null = null;
  let isClosed = false;
  let last: Promise<unknown> = Promise.resolve();
  /** The newest. */
  let loss: { readonly error: unknown } | null = null;

  const connect = async (): Promise<Session> => {
    const client = await connectClient(url);
    const query = createQuery(client);
    try {
      const { rows } = await query(
        `SELECT holder, pg_advisory_lock($1, holder), ${WALK_INDEXES}
         FROM (SELECT nextval('holder')::integer AS holder) AS next`,
        [HOLDER_LOCKS],
      );
      client.once("end", () => {
        if (session?.client === client) session = null;
      });
      return { client, query, holder: rows[0]?.holder as number, isLeading: false };
    } catch (error) {
      drop(client);
      throw error;
    }
  };

  /** A connection that is gone without a word still holds our locks: they go with it, whenever the server sees it. */
  const drop = (client: pg.Client) => {
    if (session?.client === client) session = null;
    void client.end().catch(() => undefined);
  };

  const work = async <Value>(act: (session: Session) => Promise<Value>): Promise<Value> => {
    if (isClosed) throw new EarshotError("storage-unavailable", "PostgreSQL: closed");
    try {
      session ??= await connect();
      return await act(session);
    } catch (error) {
      if (readSqlState(error) === null) {
        loss = { error };
        if (session) drop(session.client);
      }
      throw error;
    }
  };

  /** Who waited behind a loss is told of it, and need not find it out by another time-out. */
  const during = <Value>(act: (session: Session) => Promise<Value>): Promise<Value> => {
    const known = loss;
    const turn = last.then(() => {
      if (loss !== known) throw loss?.error;
      return work(act);
    });
    last = turn.catch(() => undefined);
    return turn;
  };

  return {
    during,
    tryLead: () =>
      during(async (current) => {
        // Asked of the server also by who leads: a connection that is gone leads no more.
        const { rows } = current.isLeading
          ? await current.query("SELECT true AS taken")
          : await current.query("SELECT pg_try_advisory_lock($1, $2) AS taken", KEEPER_LOCK);
        return (current.isLeading = rows[0]?.taken === true);
      }),
    close: async () => {
      await last;
      isClosed = true;
      if (!session) return;
      const { client, query } = session;
      // The farewell of a connection can take as long as the network likes; that of the locks has a time-out.
      await query("SELECT pg_advisory_unlock_all()").catch(() => undefined);
      drop(client);
    },
  };
}
