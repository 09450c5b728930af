/** What Graph has to tell and cannot yet: it waits in front of the outbox, in order. */
import type { Authorizations } from "./authorizations.ts";
import type { Delivery } from "./courier.ts";
import type { FaultDice } from "./faults.ts";
import type { Outbox, OutboxItem } from "./outbox.ts";
import type { SubscriptionBook } from "./subscription-book.ts";

export interface HoldingOutbox extends Outbox {
  /** Looks at all that waits: lets go what need not any more, drops what has waited too long. */
  release(): void;
}

interface Held {
  readonly url: string;
  readonly items: readonly OutboxItem[];
  readonly sinceMs: number;
  readonly delivered: PromiseWithResolvers<Delivery>;
}

/** Source: https://learn.microsoft.com/graph/change-notifications-delivery-webhooks */
const LONGEST_WAIT_MS = 4 * 60 * 60_000;

/**
 * In an outage everything waits; news of a subscription whose token has ended waits for 4 hours, while asking for
 * another token goes on. Whoever waits for the delivery of what is dropped waits in vain.
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

  function decide({ item }: OutboxItem, sinceMs: number): "go" | "wait" | "drop" {
    const { subscriptionId = "", changeType } = item as { subscriptionId?: string; changeType?: string };
    const isNews = changeType !== undefined;
    if (isNews && !subscriptions.find(subscriptionId)) return "drop";
    if (dice.current()?.graph?.outage) return "wait";
    if (!isNews || !authorizations.isLapsed(subscriptionId)) return "go";
    return now() - sinceMs > LONGEST_WAIT_MS ? "drop" : "wait";
  }

  /** Posts what may go; answers what must wait. */
  function pass({ url, items, sinceMs, delivered }: Held): Held[] {
    const { go = [], wait = [] } = Object.groupBy(items, (item) => decide(item, sinceMs));
    if (go.length > 0) delivered.resolve(outbox.add(url, go));
    return wait.length > 0 ? [{ url, items: wait, sinceMs, delivered }] : [];
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
    add(url, items) {
      const delivered = Promise.withResolvers<Delivery>();
      const held = pass({ url, items, sinceMs: now(), delivered });
      if (held.length > 0) waiting = [...waiting, ...held];
      return delivered.promise;
    },
  };
}
