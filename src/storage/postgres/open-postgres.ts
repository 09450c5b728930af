import { EarshotError } from "../../errors.ts";
import type { Storage } from "../storage.ts";
import { createPool, createPoolQuery } from "./database.ts";
import { migrate } from "./migrate.ts";
import { createOperations } from "./operations.ts";
import { createPresence } from "./presence.ts";

/**
 * Opens a PostgreSQL database, which several bots may share. A bot is seen by the others for as long as it lives; a
 * tool claims and leads nothing. Throws `storage-unavailable` or `storage-schema-newer`.
 */
export async function openPostgres(url: string, as: "bot" | "tool"): Promise<Storage> {
  const pool = createPool(url);
  const presence = as === "bot" ? createPresence(url) : null;
  const running = new Set<Promise<unknown>>();
  let closing: Promise<void> | null = null;

  const close = async () => {
    await Promise.allSettled(running);
    await presence?.close();
    await pool.end();
  };
  /** What was asked before the end is done before the end. */
  const whileOpen =
    <Input extends unknown[], Output>(operate: (...input: Input) => Promise<Output>) =>
    async (...input: Input): Promise<Output> => {
      if (closing) throw new EarshotError("storage-unavailable", "PostgreSQL: closed");
      const work = operate(...input);
      running.add(work);
      try {
        return await work;
      } finally {
        running.delete(work);
      }
    };

  try {
    await migrate(url);
    // Seen from the beginning.
    await presence?.during(() => Promise.resolve());
  } catch (error) {
    await close();
    throw error;
  }
  const operations = createOperations({ query: createPoolQuery(pool), presence, inHand: new Map() });
  const guarded = Object.fromEntries(
    Object.entries(operations).map(([name, operate]) => [name, whileOpen(operate as never)]),
  ) as unknown as typeof operations;
  return { ...guarded, close: () => (closing ??= close()) };
}
