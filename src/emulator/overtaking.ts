/** Holds parcels back until a later one of the same sender has gone. */
import type { Edges } from "../edges.ts";

/** Nobody waits longer than this for a later one. */
const LONGEST_HOLD_MS = 250;

export interface Overtaking {
  /** Resolves with whether a later one has gone; false where none did in a short while, or the signal aborted. */
  hold(sender: string, index: number, signal: AbortSignal): Promise<boolean>;
  /** The parcel with this index has gone: it was posted, and answered or not. */
  pass(sender: string, index: number): void;
}

export function createOvertaking(edges: Pick<Edges, "sleep">): Overtaking {
  const held = new Set<{ sender: string; index: number; overtaken: AbortController }>();
  return {
    async hold(sender, index, signal) {
      const overtaken = new AbortController();
      const one = { sender, index, overtaken };
      held.add(one);
      await edges.sleep(LONGEST_HOLD_MS, AbortSignal.any([signal, overtaken.signal]));
      held.delete(one);
      return overtaken.signal.aborted;
    },
    pass(sender, index) {
      for (const one of held) {
        if (one.sender === sender && one.index < index) one.overtaken.abort();
      }
    },
  };
}
