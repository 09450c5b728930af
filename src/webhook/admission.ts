/** Is it from Graph, for us, for a subscription we made? Item by item; a forger learns nothing of the answer. */
import { EarshotError } from "../errors.ts";
import type { NotificationTokenVerdict } from "../identity/verify-notification-token.ts";
import type { TokenRefusal } from "../identity/token-refusal.ts";
import type { ChangeType, MessageAddress } from "../model/trace.ts";
import { formatChannelResource } from "../subscriptions/channel-resource.ts";
import { matchesClientState } from "../subscriptions/client-state.ts";
import type { Registry } from "../subscriptions/registry.ts";
import type { SubscriptionRecord } from "../storage/storage.ts";
import {
  parseChangeNotification,
  parseNotificationBatch,
  type ChangeNotification,
  type EncryptedContent,
} from "../wire/change-notification.ts";
import { parseMessageResource, type MessageResource } from "../wire/message-resource.ts";

export type Verdict =
  | {
      readonly kind: "message";
      readonly message: MessageAddress;
      readonly changeType: ChangeType;
      /** See `NewNotification.version`. */
      readonly version: string;
      /** Null where a deletion has none: the notification says all there is. */
      readonly content: EncryptedContent | null;
    }
  | {
      readonly kind: "lifecycle";
      readonly tenantId: string;
      readonly subscriptionId: string;
      readonly event: string;
    }
  | { readonly kind: "refused"; readonly reason: RefusalReason };

export type RefusalReason =
  | TokenRefusal
  | "shape"
  | "unknown-subscription"
  | "foreign-tenant"
  | "client-state"
  | "token-tenant"
  | "unknown-change"
  | "no-content"
  | "unknown-resource"
  | "foreign-resource";

/**
 * Judges a batch. Throws `wire-shape` where its envelope is wrong, `signing-keys-unavailable` where tokens cannot be
 * checked: nothing of it was taken then.
 */
export type Admit = (batch: unknown) => Promise<Verdict[]>;

export function createAdmission(needs: {
  registry: Pick<Registry, "find" | "lookUp">;
  verifyToken: (token: string) => Promise<NotificationTokenVerdict>;
}): Admit {
  const { registry } = needs;
  return async (input) => {
    const { items, validationTokens } = parseNotificationBatch(input);
    const notifications = items.map(parseItem);
    // Another instance may have made the subscription since we last read of them.
    const unknown = notifications
      .flatMap((each) => (each ? [readOrigin(each)] : []))
      .filter((origin) => !registry.find(origin));
    if (unknown.length > 0) await registry.lookUp(unknown);
    const judged = notifications.map((notification) => judgeItem(notification, registry));
    // Tokens cost a signature each: a batch that is refused without them is not worth it.
    const needsTokens = judged.some(({ kind }) => kind === "message");
    const tokens = needsTokens ? await Promise.all(validationTokens.map(needs.verifyToken)) : [];
    return judged.map((verdict) => (verdict.kind === "message" ? bindToken(verdict, tokens) : verdict));
  };
}

/** One token a tenant, in no order: an item is good when a good token is of its own tenant. */
function bindToken(
  verdict: Verdict & { kind: "message" },
  tokens: readonly NotificationTokenVerdict[],
): Verdict {
  if (tokens.some((token) => token.valid && token.tenantId === verdict.message.tenantId)) return verdict;
  const bad = tokens.find((token) => !token.valid);
  if (bad) return { kind: "refused", reason: bad.reason };
  return { kind: "refused", reason: tokens.length === 0 ? "token-missing" : "token-tenant" };
}

/** What a notification says of where it comes from. */
function readOrigin({ subscriptionId, tenantId, clientState }: ChangeNotification) {
  return { subscriptionId, tenantId: tenantId.toLowerCase(), clientState: clientState ?? "" };
}

function judgeItem(notification: ChangeNotification | null, registry: Pick<Registry, "find">): Verdict {
  if (!notification) return { kind: "refused", reason: "shape" };
  const origin = readOrigin(notification);
  const { tenantId, clientState } = origin;
  const subscription = registry.find(origin);
  if (!subscription) return { kind: "refused", reason: "unknown-subscription" };
  if (subscription.tenantId !== tenantId) return { kind: "refused", reason: "foreign-tenant" };
  if (!matchesClientState(clientState, subscription.clientStateDigest)) {
    return { kind: "refused", reason: "client-state" };
  }
  if (notification.lifecycleEvent !== undefined) {
    return {
      kind: "lifecycle",
      tenantId,
      subscriptionId: notification.subscriptionId,
      event: notification.lifecycleEvent,
    };
  }
  return judgeMessage(notification, subscription, tenantId);
}

function judgeMessage(
  notification: ChangeNotification,
  subscription: SubscriptionRecord,
  tenantId: string,
): Verdict {
  const { changeType, encryptedContent } = notification;
  if (changeType !== "created" && changeType !== "updated" && changeType !== "deleted") {
    return { kind: "refused", reason: "unknown-change" };
  }
  const resource = parseMessageResource(notification.resource ?? "");
  if (!resource) return { kind: "refused", reason: "unknown-resource" };
  if (!isWithin(resource, subscription.resource)) return { kind: "refused", reason: "foreign-resource" };
  if (!encryptedContent && changeType !== "deleted") return { kind: "refused", reason: "no-content" };
  return {
    kind: "message",
    changeType,
    // The envelope names no version. An edit that is delivered again is sealed as it was, another edit never is.
    version: changeType === "updated" ? (encryptedContent?.dataSignature ?? "") : resource.messageId,
    content: encryptedContent ?? null,
    message: {
      tenantId,
      conversationId: resource.kind === "channel" ? resource.channelId : resource.chatId,
      replyToId: resource.replyToId,
      messageId: resource.messageId,
    },
  };
}

/** A subscription to one channel brings messages of that channel, one to the app's chats brings chats'. */
function isWithin(resource: MessageResource, subscribed: string): boolean {
  if (resource.kind === "chat") return subscribed.endsWith("/installedToChats/getAllMessages");
  const own = formatChannelResource(resource);
  return subscribed.toLowerCase() === own.toLowerCase();
}

function parseItem(item: unknown): ChangeNotification | null {
  try {
    return parseChangeNotification(item);
  } catch (error) {
    if (error instanceof EarshotError && error.code === "wire-shape") return null;
    throw error;
  }
}
