/** Graph's side of hearing: each change of a message goes to every live subscription that asked for it. */
import type { Edges } from "../edges.ts";
import type { EncryptedContent } from "../wire/change-notification.ts";
import { ApiFault } from "./api-fault.ts";
import { formatMessageResource, formatSealedChatMessage } from "./chat-message-resource.ts";
import { GRAPH_DELIVERY_RULE, type Courier, type Delivery } from "./courier.ts";
import type { FaultDice } from "./faults.ts";
import type { Installations } from "./installations.ts";
import { poisonContent } from "./poison.ts";
import { sealContent, type SealingCertificate } from "./seal-content.ts";
import type { SubscriptionBook } from "./subscription-book.ts";
import type { Subscription } from "./subscription-resource.ts";
import type { BotIdentity, Change, ChangeListener, Place } from "./tenant-model.ts";
import type { Tokens } from "./tokens.ts";

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
 * One POST for one change and one URL, with an item for each subscription; own messages of the bot come back too.
 * Source: https://learn.microsoft.com/graph/change-notifications-with-resource-data
 */
export function createNotifier(needs: {
  readonly edges: Pick<Edges, "randomBytes">;
  readonly subscriptions: SubscriptionBook;
  readonly installations: Installations;
  readonly tokens: Tokens;
  readonly courier: Courier;
  readonly bot: BotIdentity;
  /** Application permissions that were consented to. */
  readonly appRoles: readonly string[];
  readonly dice: FaultDice;
  /** Whether the notification of a deletion has the emptied message in it; the documents leave it open. */
  readonly deletedForm: "sealed" | "bare";
}): Notifier {
  const { edges, subscriptions, installations, tokens, courier, bot, appRoles, dice } = needs;

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
    const sealIt = (content: unknown) => sealContent(content, certificate, edges.randomBytes(32));
    const content = sealIt(formatSealedChatMessage(message, place, bot));
    const isPoisoned = cause === "posted" && dice.roll("poison", dice.current()?.deliveries?.poison);
    return isPoisoned ? poisonContent(content, sealIt, dice) : content;
  }

  async function deliver(url: string, tenantId: string, value: object[], isRich: boolean): Promise<Delivery> {
    const body = isRich
      ? { value, validationTokens: [await tokens.issueValidationToken(tenantId)] }
      : { value };
    return courier.deliver({ sender: "graph", url, body, rule: GRAPH_DELIVERY_RULE });
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
        const isRich = group.some(({ certificate }) => certificate !== null);
        const items = group.map((one) => createItem(one, change));
        void deliver(url, tenantId, items, isRich);
      }
    },
    async sendLifecycle(subscriptionId, event) {
      const subscription = subscriptions.find(subscriptionId);
      if (!subscription) throw new ApiFault(404, "NotFound", `There is no subscription ${subscriptionId}.`);
      const { resource, organisationId } = subscription;
      if (event === "subscriptionRemoved") subscriptions.remove(subscriptionId);
      // Source: https://learn.microsoft.com/graph/change-notifications-lifecycle-events
      const url = resource.lifecycleNotificationUrl ?? resource.notificationUrl;
      return deliver(
        url,
        organisationId,
        [{ ...createEnvelope(subscription), lifecycleEvent: event }],
        false,
      );
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
