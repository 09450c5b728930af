import type { Log } from "../../src/edges.ts";

export interface KeyRingLog {
  readonly log: Log;
  /** Each line as JSON, with its event. */
  readonly lines: string[];
  readEvents(): string[];
}

export function createKeyRingLog(): KeyRingLog {
  const lines: string[] = [];
  const note = (fields: object, event: string) => {
    lines.push(JSON.stringify({ ...fields, event }));
  };
  return {
    log: { debug: note, info: note, warn: note, error: note },
    lines,
    readEvents: () => lines.map((line) => (JSON.parse(line) as { event: string }).event),
  };
}
