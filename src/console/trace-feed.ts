import type { Log } from "../edges.ts";
import { formatMessageKey } from "../model/message.ts";
import type { Trace, TraceSink } from "../model/trace.ts";

export interface TraceFeed {
  readonly publish: TraceSink;
  /** Calls back for each trace from now on; answers how to stop. */
  subscribe(listener: TraceSink): () => void;
  /** The latest, oldest first. */
  recent(): readonly Trace[];
}

const KEPT = 500;

/** Traces to whoever looks, and to the log: outcomes at `info`, every step at `debug`. */
export function createTraceFeed({ log }: { log: Log }): TraceFeed {
  const listeners = new Set<TraceSink>();
  const kept: Trace[] = [];
  return {
    publish: (trace) => {
      kept.push(trace);
      if (kept.length > KEPT) kept.shift();
      const { step, message, ear, result, code, count, rule, action } = trace;
      const fields = {
        message: message && formatMessageKey(message),
        ear,
        result,
        code,
        count,
        rule,
        action,
      };
      if (step === "replied" || result === "refused") log.info(fields, step);
      else log.debug(fields, step);
      for (const listener of listeners) listener(trace);
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    recent: () => [...kept],
  };
}
