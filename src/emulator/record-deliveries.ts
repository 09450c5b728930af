/** Keeps what was posted to the bot, for `earshot replay --payload`. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../edges.ts";
import { EarshotError } from "../errors.ts";
import type { Delivery } from "./courier.ts";
import type { EmulatedTenant } from "./emulated-tenant.ts";

/** What a file holds. Who replays it reads `url` for its path, and `payload`. */
export interface Recording {
  readonly sender: Delivery["sender"];
  /** When it was first posted, ISO 8601; null: it never was. */
  readonly at: string | null;
  readonly url: string;
  /** `pending`: the tenant was stopped before it came to its end. */
  readonly state: Delivery["state"];
  /** Of the last answer; null: none came. */
  readonly status: number | null;
  /** As it was posted; the `Authorization` of an activity is not kept. */
  readonly payload: unknown;
}

/** Makes the folder where it is missing. Throws `config-invalid`. */
export async function makeRecordDir(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true });
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    throw new EarshotError("config-invalid", `Nothing can be recorded in ${dir}: ${found}`, { cause: error });
  }
}

/**
 * A file for each delivery from its first attempt on, `000012-graph.json`, the number being its index; written again
 * after each other attempt. The folder must be there; what cannot be written is logged and left out. `close` resolves
 * when all is written, and with it what was never tried.
 */
export function recordDeliveries(
  tenant: Pick<EmulatedTenant, "deliveries" | "onDelivery">,
  dir: string,
  log: Pick<Log, "warn">,
): { close(): Promise<void> } {
  let writing: Promise<unknown> = Promise.resolve();

  function write({ index, sender, url, body, attempts, state }: Delivery): void {
    const recording: Recording = {
      ...{ sender, at: attempts[0]?.at ?? null, url, state },
      ...{ status: attempts.at(-1)?.status ?? null, payload: body },
    };
    const file = join(dir, `${String(index).padStart(6, "0")}-${sender}.json`);
    writing = writing
      .then(() => writeFile(file, `${JSON.stringify(recording, null, 2)}\n`))
      .catch((error: unknown) => {
        log.warn({ file, reason: String(error) }, "emulated tenant: a delivery could not be recorded");
      });
  }

  const stopListening = tenant.onDelivery(write);
  return {
    async close() {
      stopListening();
      for (const one of tenant.deliveries) if (one.state === "pending") write(one);
      await writing;
    },
  };
}
