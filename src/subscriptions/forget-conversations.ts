import type { Storage } from "../storage/storage.ts";
import type { SubscriptionRecord } from "../storage/subscription-record.ts";
import { formatLearntPrefix, isTeacher } from "./learn-conversations.ts";
import { coversConversation, readResourceScope } from "./resource-scope.ts";

/**
 * What is wished for no more is read no more: a channel that is gone, an entry taken out of `listen:`. Only after a look
 * that saw all there is to wish for.
 */
export async function forgetConversations(
  wished: readonly { readonly conversationId: string }[],
  context: {
    readonly tenantId: string;
    /** All of the tenant that we have. */
    readonly records: readonly SubscriptionRecord[];
    readonly storage: Pick<Storage, "listConversations" | "removeConversations">;
  },
): Promise<void> {
  const { tenantId, records, storage } = context;
  const ids = new Set(wished.map(({ conversationId }) => conversationId));
  const prefixes = [...new Set(records.filter(isTeacher).map(formatLearntPrefix))];
  // Of one that is heard by its words alone, Graph would give all that was said.
  const whole = records.filter(({ resource }) => !resource.includes("?"));
  const own = whole.flatMap(({ resource }) => {
    const scope = readResourceScope(resource);
    return scope?.kind === "chat" || scope?.kind === "channel" ? [scope] : [];
  });
  const unwished = (await storage.listConversations({ tenantId })).filter(
    (known) =>
      !ids.has(known.conversationId) &&
      !prefixes.some((prefix) => known.label.startsWith(prefix)) &&
      !own.some((scope) => coversConversation(scope, known)),
  );
  if (unwished.length > 0) await storage.removeConversations(unwished);
}
