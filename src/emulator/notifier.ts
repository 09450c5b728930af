/** Graph's side of hearing: each change of a message goes to every live subscription that asked for it. */
import type { Edges } from "../edges.ts";
import type { EncryptedContent } from "../wire/change-notification.ts";
import { ApiFault } from "./api-fault.ts";
import { formatMessageResource, formatSealedChatMessage } from "./chat-message-resource.ts";
import type { Delivery } from "./courier.ts";
import type { FaultDice } from "./faults.ts";
import type { Installations } from "./installations.ts";
import type { Outbox } from "./outbox.ts";
import { choosePoison, sealPoisoned } from "./poison.ts";
import { sealContent, type SealingCertificate } from "./seal-content.ts";
import type { SubscriptionBook } from "./subscription-book.ts";
import type { Subscription } from "./subscription-resource.ts";
import type { BotIdentity, Change, ChangeListener, Place } from "./tenant-model.ts";

export type LifecycleEvent = "reauthorizationRequired" | "subscriptionRemoved" | "missed";

type MessageChange = Extract<Change, { kind: "message" }>;

/** Reactions and edits are both `updated`. */
const CHANGE_TYPES = {
  posted: "created",
  edited: "updated",
  reacted: "updated",
  deleted: "deleted",
} as const;

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
  readonly installations: Installations;
  readonly outbox: Outbox;
  readonly bot: BotIdentity;
  /** Application permissions that were consented to. */
  readonly appRoles: readonly string[];
  readonly dice: FaultDice;
  /** Whether the notification of a deletion has the emptied message in it; the documents leave it open. */
  readonly deletedForm: "sealed" | "bare";
}): Notifier {
  const { edges, subscriptions, installations, outbox, bot, appRoles, dice } = needs;

  /** Permissions are looked at for each delivery: what was uninstalled is heard no more. */
  function covers({ scope }: Subscription, place: Place): boolean {
    switch (scope.kind) {
      case "installed-chats":
        return place.kind === "chat" && installations.isInstalled(place.chat.id);
      case "chat":
        return place.kind === "chat" && place.chat.id === scope.chatId;
      case "channel":
        return (
          place.kind === "channel" &&
          place.channel.id === scope.channelId &&
          (appRoles.includes("ChannelMessage.Read.All") ||
            installations.listGrants(place.team.id).includes("ChannelMessage.Read.Group"))
        );
    }
  }

  function createItem(subscription: Subscription, change: MessageChange): object {
    const { message, place, cause } = change;
    const { resource, certificate } = subscription;
    const path = formatMessageResource(message, place);
    const isBare = cause === "deleted" && needs.deletedForm === "bare";
    return {
      ...createEnvelope(subscription),
      changeType: CHANGE_TYPES[cause],
      resource: path,
      resourceData: { id: message.id, "@odata.type": "#Microsoft.Graph.chatMessage", "@odata.id": path },
      ...(resource.includeResourceData && certificate && !isBare
        ? { encryptedContent: seal(change, certificate) }
        : {}),
    };
  }

  function seal({ message, place, cause }: MessageChange, certificate: SealingCertificate): EncryptedContent {
    const sealOne = (text: string) => sealContent(text, certificate, edges.randomBytes(32));
    const content = formatSealedChatMessage(message, place, bot);
    const chance = dice.current()?.deliveries?.poison;
    if (cause !== "posted" || !chance) return sealOne(JSON.stringify(content));
    const thrown = dice.next("item");
    if (!thrown.falls("poison", chance)) return sealOne(JSON.stringify(content));
    dice.count("poison");
    return sealPoisoned(choosePoison(thrown.measure("poison")), content, sealOne);
  }

  return {
    notify(change) {
      if (change.kind !== "message") return;
      const tenantId = change.place.organisation.id;
      const changeType = CHANGE_TYPES[change.cause];
      const asking = subscriptions
        .list(tenantId)
        .filter(
          (one) => one.resource.changeType.split(",").includes(changeType) && covers(one, change.place),
        );
      for (const [url, group] of Map.groupBy(asking, ({ resource }) => resource.notificationUrl)) {
        const items = group.map((one) => ({
          item: createItem(one, change),
          organisationId: tenantId,
          isRich: one.certificate !== null,
        }));
        void outbox.add(url, items);
      }
    },
    async sendLifecycle(subscriptionId, event) {
      const subscription = subscriptions.find(subscriptionId);
      if (!subscription) throw new ApiFault(404, "NotFound", `There is no subscription ${subscriptionId}.`);
      const { resource, organisationId } = subscription;
      if (event === "subscriptionRemoved") subscriptions.remove(subscriptionId);
      // Source: https://learn.microsoft.com/graph/change-notifications-lifecycle-events
      const url = resource.lifecycleNotificationUrl ?? resource.notificationUrl;
      const item = { ...createEnvelope(subscription), lifecycleEvent: event };
      return outbox.add(url, [{ item, organisationId, isRich: false }]);
    },
  };
}

function createEnvelope({ resource, clientState, organisationId }: Subscription): object {
  return {
    subscriptionId: resource.id,
    subscriptionExpirationDateTime: resource.expirationDateTime,
    ...(clientState === null ? {} : { clientState }),
    tenantId: organisationId,
  };
}
