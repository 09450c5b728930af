/** What Graph has to tell and cannot yet: it waits in front of the outbox, in order. */
import type { Authorizations } from "./authorizations.ts";
import type { Delivery } from "./courier.ts";
import type { FaultDice } from "./faults.ts";
import type { Outbox, OutboxItem } from "./outbox.ts";
import type { SubscriptionBook } from "./subscription-book.ts";

export interface HoldingOutbox extends Outbox {
  /** What waits, oldest first, each as the delivery that it will be: pending, and with `UNLOGGED` for its index. */
  listHeld(): readonly Delivery[];
  /** Looks at all that waits: lets go what need not any more, drops what has waited too long. */
  release(): void;
  /** Gives up all that waits, and whatever would have to from now on. */
  close(): void;
}

/** The index of a delivery that the courier has not been given. */
const UNLOGGED = -1;

interface Held {
  readonly items: readonly OutboxItem[];
  readonly sinceMs: number;
  readonly delivery: Delivery;
  readonly delivered: PromiseWithResolvers<Delivery>;
}

/** Source: https://learn.microsoft.com/graph/change-notifications-delivery-webhooks */
const LONGEST_WAIT_MS = 4 * 60 * 60_000;

/**
 * In an outage everything waits; news of a subscription whose token has ended waits for 4 hours, while asking for
 * another token goes on. What is dropped or given up here resolves with a delivery that stands in no log.
 */
export function createHoldingOutbox(needs: {
  readonly outbox: Outbox;
  readonly now: () => number;
  readonly dice: Pick<FaultDice, "current" | "onSet">;
  readonly authorizations: Pick<Authorizations, "isLapsed" | "onRenewed">;
  readonly subscriptions: Pick<SubscriptionBook, "find">;
}): HoldingOutbox {
  const { outbox, now, dice, authorizations, subscriptions } = needs;
  let waiting: readonly Held[] = [];
  let isClosed = false;

  function decide({ item }: OutboxItem, sinceMs: number): "go" | "wait" | "drop" {
    const { subscriptionId = "", changeType } = item as { subscriptionId?: string; changeType?: string };
    const isNews = changeType !== undefined;
    if (isNews && !subscriptions.find(subscriptionId)) return "drop";
    if (dice.current()?.graph?.outage) return "wait";
    if (!isNews || !authorizations.isLapsed(subscriptionId)) return "go";
    return now() - sinceMs > LONGEST_WAIT_MS ? "drop" : "wait";
  }

  /** Posts what may go; answers what must wait. */
  function pass(held: Held): Held[] {
    const { delivery, delivered, sinceMs } = held;
    const { go = [], wait = [] } = Object.groupBy(held.items, (item) => decide(item, sinceMs));
    if (go.length > 0) delivered.resolve(outbox.add(delivery.url, go));
    if (wait.length > 0 && !isClosed) {
      const isWhole = wait.length === held.items.length;
      return [isWhole ? held : { ...held, items: wait, delivery: createDelivery(delivery.url, wait) }];
    }
    // Of no effect where some went: they have answered for all.
    delivered.resolve({ ...delivery, state: wait.length > 0 ? "gave-up" : "dropped" });
    return [];
  }

  function release(): void {
    const held = waiting;
    waiting = [];
    waiting = [...held.flatMap(pass), ...waiting];
  }

  dice.onSet(release);
  authorizations.onRenewed(release);
  return {
    release,
    listHeld: () => waiting.map(({ delivery }) => delivery),
    add(url, items) {
      const delivered = Promise.withResolvers<Delivery>();
      const held = pass({ items, sinceMs: now(), delivery: createDelivery(url, items), delivered });
      if (held.length > 0) waiting = [...waiting, ...held];
      return delivered.promise;
    },
    close() {
      isClosed = true;
      for (const { delivery, delivered } of waiting) delivered.resolve({ ...delivery, state: "gave-up" });
      waiting = [];
    },
  };
}

function createDelivery(url: string, items: readonly OutboxItem[]): Delivery {
  const body = { value: items.map(({ item }) => item) };
  return { index: UNLOGGED, sender: "graph", url, body, attempts: [], state: "pending" };
}
