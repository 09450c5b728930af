/** What Graph has to tell and cannot yet: it waits in front of the outbox, in order. */
import type { Delivery } from "./courier.ts";
import type { Outbox, OutboxItem } from "./outbox.ts";

export interface HoldingOutbox extends Outbox {
  /** Lets go what need not wait any more. */
  release(): void;
}

/** `go`: now; `wait`: until another release; `drop`: never, and whoever waits for its delivery waits in vain. */
export type Passage = "go" | "wait" | "drop";

interface Held {
  readonly url: string;
  readonly items: readonly OutboxItem[];
  readonly sinceMs: number;
  readonly delivered: PromiseWithResolvers<Delivery>;
}

/** `decide` is asked for each item: when it comes, and again at each release. `sinceMs`: when it came. */
export function createHoldingOutbox(
  outbox: Outbox,
  now: () => number,
  decide: (item: OutboxItem, sinceMs: number) => Passage,
): HoldingOutbox {
  let waiting: readonly Held[] = [];

  /** Posts what may go, keeps what must wait. */
  function pass({ url, items, sinceMs, delivered }: Held): Held[] {
    const { go = [], wait = [] } = Object.groupBy(items, (item) => decide(item, sinceMs));
    if (go.length > 0) delivered.resolve(outbox.add(url, go));
    return wait.length > 0 ? [{ url, items: wait, sinceMs, delivered }] : [];
  }

  return {
    add(url, items) {
      const delivered = Promise.withResolvers<Delivery>();
      const held = pass({ url, items, sinceMs: now(), delivered });
      if (held.length > 0) waiting = [...waiting, ...held];
      return delivered.promise;
    },
    release() {
      const before = waiting;
      waiting = [];
      waiting = [...before.flatMap(pass), ...waiting];
    },
  };
}
