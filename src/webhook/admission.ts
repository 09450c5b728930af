/** Is it from Graph, for us, for a subscription we made? Item by item; a forger learns nothing of the answer. */
import { EarshotError } from "../errors.ts";
import type { NotificationTokenVerdict } from "../identity/verify-notification-token.ts";
import type { TokenRefusal } from "../identity/token-refusal.ts";
import type { StoredContent } from "../inbox/stored-content.ts";
import type { ChangeType, MessageAddress } from "../model/trace.ts";
import { matchesClientState } from "../subscriptions/client-state.ts";
import type { Registry } from "../subscriptions/registry.ts";
import {
  ALL_CHANNELS,
  coversMessage,
  coversPlace,
  readResourceScope,
  type ResourceScope,
} from "../subscriptions/resource-scope.ts";
import type { SubscriptionRecord } from "../storage/subscription-record.ts";
import {
  parseChangeNotification,
  parseNotificationBatch,
  type ChangeNotification,
} from "../wire/change-notification.ts";
import { formatMessagePath, parseMessageResource, type MessageResource } from "../wire/message-resource.ts";
import { parsePlaceResource } from "../wire/place-resource.ts";

export type Verdict =
  | {
      readonly kind: "message";
      readonly message: MessageAddress;
      readonly changeType: ChangeType;
      /** See `NewNotification.version`. */
      readonly version: string;
      /** Null where a deletion has none: the notification says all there is. */
      readonly content: StoredContent | null;
      readonly subscription: SubscriptionRecord;
      /** Entra group id of a channel's team; null: a chat. */
      readonly teamId: string | null;
    }
  /** A team or channel came, went or changed. */
  | { readonly kind: "place"; readonly tenantId: string; readonly teamId: string }
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
  | "foreign-resource"
  | "not-installed";

/**
 * Judges a batch. Throws `wire-shape` where its envelope is wrong, `signing-keys-unavailable` where tokens cannot be
 * checked: nothing of it was taken then.
 */
export type Admit = (batch: unknown) => Promise<Verdict[]>;

export function createAdmission(needs: {
  registry: Pick<Registry, "find" | "lookUp">;
  verifyToken: (token: string) => Promise<NotificationTokenVerdict>;
  /** Whether the app is in a team: of the others one subscription to all channels tells too. */
  isInstalled: (team: { tenantId: string; teamId: string }) => Promise<boolean>;
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
    const tokens = judged.some(isRich) ? await Promise.all(validationTokens.map(needs.verifyToken)) : [];
    const bound = judged.map((verdict) => (isRich(verdict) ? bindToken(verdict, tokens) : verdict));
    return Promise.all(bound.map((verdict) => demandInstalled(verdict, needs.isInstalled)));
  };
}

/**
 * Graph vouches with a token for what it brings sealed. What we fetch ourselves comes without: a forger who knew id and
 * clientState could but make us read a message that is there.
 */
function isRich(verdict: Verdict): verdict is Verdict & { kind: "message" } {
  return verdict.kind === "message" && verdict.subscription.content === "encrypted";
}

async function demandInstalled(
  verdict: Verdict,
  isInstalled: (team: { tenantId: string; teamId: string }) => Promise<boolean>,
): Promise<Verdict> {
  if (verdict.kind !== "message" || verdict.teamId === null) return verdict;
  const { subscription, message, teamId } = verdict;
  if (subscription.resource !== ALL_CHANNELS || subscription.wantedBy !== "installed") return verdict;
  const isHere = await isInstalled({ tenantId: message.tenantId, teamId });
  return isHere ? verdict : { kind: "refused", reason: "not-installed" };
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
  const { changeType } = notification;
  if (changeType !== "created" && changeType !== "updated" && changeType !== "deleted") {
    return { kind: "refused", reason: "unknown-change" };
  }
  const scope = readResourceScope(subscription.resource);
  if (scope === null) return { kind: "refused", reason: "foreign-resource" };
  // Nearly all are messages.
  const resource = parseMessageResource(notification.resource ?? "");
  if (resource) return judgeMessage(notification, resource, { subscription, scope, changeType, tenantId });
  const place = parsePlaceResource(notification.resource ?? "");
  if (!place) return { kind: "refused", reason: "unknown-resource" };
  return coversPlace(scope, place)
    ? { kind: "place", tenantId, teamId: place.teamId }
    : { kind: "refused", reason: "foreign-resource" };
}

function judgeMessage(
  notification: ChangeNotification,
  resource: MessageResource,
  known: {
    subscription: SubscriptionRecord;
    scope: ResourceScope;
    changeType: ChangeType;
    tenantId: string;
  },
): Verdict {
  const { subscription, scope, changeType, tenantId } = known;
  const { encryptedContent } = notification;
  if (!coversMessage(scope, resource)) return { kind: "refused", reason: "foreign-resource" };
  const content = readContent(notification, subscription, resource);
  if (!content && changeType !== "deleted") return { kind: "refused", reason: "no-content" };
  return {
    kind: "message",
    changeType,
    // The envelope names no version. An edit that is delivered again is sealed as it was, another edit never is; one
    // that is fetched is the newest, whichever notification told of it.
    version: changeType === "updated" ? (encryptedContent?.dataSignature ?? "") : resource.messageId,
    content,
    subscription,
    teamId: resource.kind === "channel" ? resource.teamId : null,
    message: {
      tenantId,
      conversationId: resource.kind === "channel" ? resource.channelId : resource.chatId,
      replyToId: resource.replyToId,
      messageId: resource.messageId,
    },
  };
}

function readContent(
  { encryptedContent, changeType }: ChangeNotification,
  subscription: SubscriptionRecord,
  resource: MessageResource,
): StoredContent | null {
  if (subscription.content === "encrypted") {
    return encryptedContent ? { kind: "sealed", content: encryptedContent } : null;
  }
  return changeType === "deleted" ? null : { kind: "fetch", path: formatMessagePath(resource) };
}

function parseItem(item: unknown): ChangeNotification | null {
  try {
    return parseChangeNotification(item);
  } catch (error) {
    if (error instanceof EarshotError && error.code === "wire-shape") return null;
    throw error;
  }
}
