/** The tenant's own clock: the real one and an offset, so that a subscription can expire without waiting for it. */
import type { Edges } from "../edges.ts";
import { ApiFault } from "./api-fault.ts";

export interface TenantClock {
  /** The outside with this clock in it. What sleeps, sleeps as long as before. */
  readonly edges: Edges;
  /** Forward by `ms`; throws 400 for less than 0, as what was issued before would lie in the future. */
  jump(ms: number): void;
}

export function createTenantClock(edges: Edges): TenantClock {
  let offsetMs = 0;
  return {
    edges: { ...edges, now: () => edges.now() + offsetMs },
    jump(ms) {
      if (!(ms >= 0)) throw new ApiFault(400, "BadRequest", "ms: the clock goes forward only.");
      offsetMs += ms;
    },
  };
}
