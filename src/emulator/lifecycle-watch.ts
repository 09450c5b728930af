/**
 * Graph asks for a new authorization by itself: when the token of a subscription nears its end, when the subscription
 * does, and when a permission for it is gone. One slow loop looks at all of them.
 * Source: https://learn.microsoft.com/graph/change-notifications-lifecycle-events
 */
import type { Edges } from "../edges.ts";
import type { Authorization, Authorizations } from "./authorizations.ts";
import type { Notifier } from "./notifier.ts";
import type { SubscriptionBook } from "./subscription-book.ts";
import type { Subscription } from "./subscription-resource.ts";

const LOOK_MS = 60_000;
/** The documents' illustration: from the last quarter of a life, but not earlier than 3 hours before its end … */
const LONGEST_NOTICE_MS = 180 * 60_000;
/** … and then again and again. */
const AGAIN_MS = 15 * 60_000;

export interface LifecycleWatch {
  /** At once, besides the look of every minute. */
  look(): void;
  close(): Promise<void>;
}

export function startLifecycleWatch(needs: {
  readonly edges: Pick<Edges, "now" | "sleep">;
  readonly subscriptions: Pick<SubscriptionBook, "listAll" | "find">;
  readonly authorizations: Authorizations;
  /** Whether what it listens to may still be heard. */
  readonly mayHear: (subscription: Subscription) => boolean;
  readonly sendLifecycle: Notifier["sendLifecycle"];
  /** After each look. */
  readonly onLook: () => void;
}): LifecycleWatch {
  const { edges, subscriptions, authorizations, mayHear, sendLifecycle, onLook } = needs;
  const stopping = new AbortController();
  const askedAt = new Map<string, number>();
  authorizations.onRenewed((id) => askedAt.delete(id));

  function isDue(subscription: Subscription, { renewedAtMs, untilMs }: Authorization): boolean {
    const nearsEnd = (endMs: number): boolean =>
      endMs - edges.now() <= Math.min((endMs - renewedAtMs) / 4, LONGEST_NOTICE_MS);
    return nearsEnd(untilMs) || nearsEnd(subscription.expiresAtMs) || !mayHear(subscription);
  }

  function look(): void {
    for (const subscription of subscriptions.listAll()) {
      const { id, lifecycleNotificationUrl } = subscription.resource;
      const authorization = authorizations.find(id);
      // Without a URL for it nobody is asked.
      if (lifecycleNotificationUrl === null || !authorization || !isDue(subscription, authorization))
        continue;
      if (edges.now() - (askedAt.get(id) ?? -Infinity) < AGAIN_MS) continue;
      askedAt.set(id, edges.now());
      void sendLifecycle(id, "reauthorizationRequired");
    }
    authorizations.prune((id) => subscriptions.find(id) !== undefined);
    for (const id of askedAt.keys()) if (!authorizations.find(id)) askedAt.delete(id);
    onLook();
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await edges.sleep(LOOK_MS, stopping.signal);
      if (!stopping.signal.aborted) look();
    }
  }

  const running = run();
  return {
    look,
    close() {
      stopping.abort();
      return running;
    },
  };
}
