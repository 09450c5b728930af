/** One item of what Graph posts. Source: https://learn.microsoft.com/graph/api/resources/changenotification */
import type { EncryptedContent } from "../wire/change-notification.ts";
import type { News } from "./read-news.ts";
import type { Subscription } from "./subscription-resource.ts";

/** `content` null: it says what changed, and not into what. */
export function createNotification(
  subscription: Subscription,
  { changeType, path, resourceId, resourceType }: News,
  content: EncryptedContent | null,
): Readonly<Record<string, unknown>> {
  return {
    ...createNotificationEnvelope(subscription),
    changeType,
    resource: path,
    resourceData: { id: resourceId, "@odata.type": resourceType, "@odata.id": path },
    ...(content ? { encryptedContent: content } : {}),
  };
}

/** What a lifecycle notification has as well. */
export function createNotificationEnvelope({ resource, clientState, organisationId }: Subscription): object {
  return {
    subscriptionId: resource.id,
    subscriptionExpirationDateTime: resource.expirationDateTime,
    ...(clientState === null ? {} : { clientState }),
    tenantId: organisationId,
  };
}
