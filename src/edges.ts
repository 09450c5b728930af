/**
 * The outside world as one argument: clock, timers, chance, network, log. The only file that touches them, so that
 * a test can hold time still and a reader sees at once what a part can reach.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout as sleepFor } from "node:timers/promises";

/** What pino gives, and no more. First argument: ids and codes; never text of a message, never a secret. */
export interface Log {
  debug(fields: object, event: string): void;
  info(fields: object, event: string): void;
  warn(fields: object, event: string): void;
  error(fields: object, event: string): void;
}

export interface Edges {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`, or at once when the signal aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Aborts after `ms`. */
  timeout(ms: number): AbortSignal;
  randomBytes(sizeBytes: number): Buffer;
  randomUuid(): string;
  fetch: typeof fetch;
  log: Log;
}

export function createEdges(log: Log): Edges {
  return {
    now: () => Date.now(),
    sleep: async (ms, signal) => {
      try {
        await sleepFor(ms, undefined, signal ? { signal, ref: false } : { ref: false });
      } catch {
        // Aborted: the sleeper looks at its signal and decides.
      }
    },
    timeout: (ms) => AbortSignal.timeout(ms),
    randomBytes: (sizeBytes) => randomBytes(sizeBytes),
    randomUuid: () => randomUUID(),
    fetch: (input, init) => fetch(input, init),
    log,
  };
}
