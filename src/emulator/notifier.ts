/** Graph's side of hearing: each change in the tenant goes to every live subscription that asked for it. */
import type { Edges } from "../edges.ts";
import type { EncryptedContent } from "../wire/change-notification.ts";
import { ApiFault } from "./api-fault.ts";
import type { Delivery } from "./courier.ts";
import type { FaultDice } from "./faults.ts";
import type { Installations } from "./installations.ts";
import { meetsQuery } from "./message-query.ts";
import { createNotification, createNotificationEnvelope } from "./notification.ts";
import type { Outbox } from "./outbox.ts";
import { choosePoison, sealPoisoned } from "./poison.ts";
import { readNews, type News } from "./read-news.ts";
import { sealContent, type SealingCertificate } from "./seal-content.ts";
import type { SubscriptionBook } from "./subscription-book.ts";
import { isAllowed, readPermission } from "./subscription-permissions.ts";
import type { Subscription } from "./subscription-resource.ts";
import type { BotIdentity, Change, ChangeListener } from "./tenant-model.ts";

export type LifecycleEvent = "reauthorizationRequired" | "subscriptionRemoved" | "missed";

export interface Notifier {
  readonly notify: ChangeListener;
  readonly sendLifecycle: (subscriptionId: string, event: LifecycleEvent) => Promise<Delivery>;
}

/**
 * An item for each subscription; those of one change for one URL are one POST, or part of one where items are gathered.
 * Own messages of the bot come back too.
 * Source: https://learn.microsoft.com/graph/change-notifications-with-resource-data
 */
export function createNotifier(needs: {
  readonly edges: Pick<Edges, "randomBytes">;
  readonly subscriptions: SubscriptionBook;
  readonly installations: Pick<Installations, "isInstalled" | "listGrants">;
  readonly outbox: Outbox;
  readonly bot: BotIdentity;
  /** Application permissions that are consented to, as it is now. */
  readonly readRoles: (organisationId: string) => readonly string[];
  readonly dice: FaultDice;
  /** Whether the notification of a deletion has the emptied message in it; the documents leave it open. */
  readonly deletedForm: "sealed" | "bare";
}): Notifier {
  const { edges, subscriptions, installations, outbox, bot, readRoles, dice } = needs;

  /** A scope has one subscription at most, and is looked up: thousands of others cost a message nothing. */
  function listAsking({ organisationId, changeType, scopes }: News, change: Change): Subscription[] {
    return scopes.flatMap((scope) => {
      const one = subscriptions.findDuplicate(organisationId, scope);
      const isAsking =
        one?.resource.changeType.split(",").includes(changeType) === true &&
        mayHear(one) &&
        (change.kind !== "message" || meetsQuery(one.query, change));
      return isAsking ? [one] : [];
    });
  }

  /** Permissions are looked at for each delivery: what was uninstalled or withdrawn is heard no more. */
  function mayHear({ scope, version, organisationId }: Subscription): boolean {
    return isAllowed(readPermission(scope, version, installations), readRoles(organisationId));
  }

  function createItem(subscription: Subscription, news: News, change: Change): object {
    const isBare = news.changeType === "deleted" && change.kind === "message" && needs.deletedForm === "bare";
    const { certificate } = subscription;
    return createNotification(
      subscription,
      news,
      certificate && !isBare ? seal(news.formatContent(), change, certificate) : null,
    );
  }

  function seal(
    content: Readonly<Record<string, unknown>>,
    change: Change,
    certificate: SealingCertificate,
  ): EncryptedContent {
    const sealOne = (text: string) => sealContent(text, certificate, edges.randomBytes(32));
    const chance = dice.current()?.deliveries?.poison;
    const isPosted = change.kind === "message" && change.cause === "posted";
    if (!isPosted || !chance) return sealOne(JSON.stringify(content));
    const thrown = dice.next("item");
    if (!thrown.falls("poison", chance)) return sealOne(JSON.stringify(content));
    dice.count("poison");
    return sealPoisoned(choosePoison(thrown.measure("poison")), content, sealOne);
  }

  return {
    notify(change) {
      for (const news of readNews(change, bot, installations.isInstalled)) {
        const asking = listAsking(news, change);
        for (const [url, group] of Map.groupBy(asking, ({ resource }) => resource.notificationUrl)) {
          const items = group.map((one) => ({
            item: createItem(one, news, change),
            organisationId: news.organisationId,
            isRich: one.certificate !== null,
          }));
          void outbox.add(url, items);
        }
      }
    },
    async sendLifecycle(subscriptionId, event) {
      const subscription = subscriptions.find(subscriptionId);
      if (!subscription) throw new ApiFault(404, "NotFound", `There is no subscription ${subscriptionId}.`);
      const { resource, organisationId } = subscription;
      if (event === "subscriptionRemoved") subscriptions.remove(subscriptionId);
      // Source: https://learn.microsoft.com/graph/change-notifications-lifecycle-events
      const url = resource.lifecycleNotificationUrl ?? resource.notificationUrl;
      const item = { ...createNotificationEnvelope(subscription), lifecycleEvent: event };
      return outbox.add(url, [{ item, organisationId, isRich: false }]);
    },
  };
}
