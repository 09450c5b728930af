/** The tenant's own time: the real one and an offset, so that a subscription can expire without waiting for it. */
import type { Edges } from "../edges.ts";
import { ApiFault } from "./api-fault.ts";

export interface TenantClock {
  /** The outside with this clock in it. What sleeps, sleeps as long as before. */
  readonly edges: Edges;
  /** The same for what would sleep on when the tenant closes: it wakes when the clock stops. */
  readonly lastingEdges: Edges;
  /** Forward by `ms`; throws 400 for less than 0, as what was issued before would lie in the future. */
  jump(ms: number): void;
  /** Told after each jump: who looks at the clock now and then looks at once. */
  onJump(listener: () => void): void;
  /** Wakes all who sleep by `lastingEdges`, and whoever would from now on. */
  stop(): void;
}

export function createTenantClock(edges: Edges): TenantClock {
  const stopping = new AbortController();
  const listeners: (() => void)[] = [];
  let offsetMs = 0;
  const moved: Edges = { ...edges, now: () => edges.now() + offsetMs };
  return {
    edges: moved,
    lastingEdges: {
      ...moved,
      sleep: (ms, signal) =>
        edges.sleep(ms, signal ? AbortSignal.any([signal, stopping.signal]) : stopping.signal),
    },
    jump(ms) {
      if (!(ms >= 0)) throw new ApiFault(400, "BadRequest", "ms: the clock goes forward only.");
      offsetMs += ms;
      for (const listener of listeners) listener();
    },
    onJump: (listener) => void listeners.push(listener),
    stop: () => stopping.abort(),
  };
}
