/**
 * The thread that owns the SQLite file. All that waits when it looks is one transaction: one fsync for many callers.
 * An operation that fails rolls back alone.
 */
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { EarshotError } from "../../errors.ts";
import { openDatabase, type Database } from "./database.ts";
import { OPERATIONS, type OperationName } from "./operations.ts";

export interface OpeningCall {
  readonly file: string;
  /** One of the bots, of which the file has one at a time. */
  readonly isBot: boolean;
}
export interface Call {
  readonly id: number;
  readonly name: OperationName | "close";
  readonly input: unknown;
}
export type Answer =
  { readonly id: number; readonly value: unknown } | { readonly id: number; readonly fault: string };
/** First word of the worker: open, or why not. */
export type Opening =
  { readonly open: true } | { readonly open: false; readonly code: string; readonly fault: string };

const port = parentPort;
if (port) {
  const { file, isBot } = workerData as OpeningCall;
  const database = open(file, isBot);
  if (database) {
    port.on("message", (first: Call) => {
      const calls = [first];
      for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) {
        calls.push(next.message as Call);
      }
      for (const answer of runTogether(database, calls)) port.postMessage(answer);
      if (calls.some(({ name }) => name === "close")) {
        database.close();
        port.close();
      }
    });
  }
}

function open(file: string, isBot: boolean): Database | null {
  try {
    const database = openDatabase(file, isBot);
    port?.postMessage({ open: true } satisfies Opening);
    return database;
  } catch (error) {
    const { code, message } =
      error instanceof EarshotError ? error : { code: "storage-unavailable", message: String(error) };
    port?.postMessage({ open: false, code, fault: message } satisfies Opening);
    return null;
  }
}

function runTogether(database: Database, calls: readonly Call[]): Answer[] {
  try {
    database.exec("BEGIN IMMEDIATE");
    const answers = calls.map((call) => runAlone(database, call));
    database.exec("COMMIT");
    return answers;
  } catch (error) {
    try {
      database.exec("ROLLBACK");
    } catch {
      // SQLite has rolled back by itself (disk full, I/O error).
    }
    return calls.map(({ id }) => ({ id, fault: describe(error) }));
  }
}

function runAlone(database: Database, { id, name, input }: Call): Answer {
  if (name === "close") return { id, value: undefined };
  database.exec("SAVEPOINT operation");
  try {
    const operate = OPERATIONS[name] as (database: Database, input: unknown) => unknown;
    const value = operate(database, input);
    database.exec("RELEASE operation");
    return { id, value };
  } catch (error) {
    database.exec("ROLLBACK TO operation; RELEASE operation");
    return { id, fault: describe(error) };
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
