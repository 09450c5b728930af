/** Which conversations are heard, so that their past is read where Graph may have been silent. */
import { formatChannelResource } from "./channel-resource.ts";
import { coversConversation, readResourceScope, type ResourceScope } from "./resource-scope.ts";
import type { LookNeeds } from "./look-needs.ts";
import { planPolling, type Listening } from "./plan-polling.ts";
import { isAlive } from "./renewal.ts";
import type { TenantView } from "./tenant-view.ts";
import type { WishedConversation } from "./wishes.ts";

/**
 * So long what is heard now waits for what is read back from before it; then it goes on, in whatever order.
 */
export const HOLD_MS = 2 * 60_000;

/** A subscription that stands anew, and since when Graph may have been silent about its resource. */
export interface Silence {
  readonly resource: string;
  readonly since: number;
}

interface Context {
  readonly tenantId: string;
  readonly view: TenantView;
  readonly needs: LookNeeds;
}

/** A new one is read back from its beginning, as soon as Graph reports it: whatever is said from then on is told. */
export async function keepConversations(
  wished: readonly WishedConversation[],
  silences: readonly Silence[],
  context: Context,
): Promise<void> {
  const { tenantId, view, needs } = context;
  const { storage, edges } = needs;
  const now = edges.now();
  const readListening = createListeningReader(context);
  // By its place and by itself it is one. What is wished for no more is forgotten with its place; wished for again, it is new.
  const byId = new Map(wished.map((conversation) => [conversation.conversationId, conversation]));
  for (const id of view.conversations.keys()) if (!byId.has(id)) view.conversations.delete(id);
  const heard = [...byId.values()].flatMap((conversation) => {
    const { kind, reason } = readListening(conversation);
    if (kind === "none") return [];
    const isPolled = kind === "poll";
    const { conversationId, teamId, label, since } = conversation;
    const written = JSON.stringify([teamId, label, isPolled]);
    if (view.conversations.get(conversationId) === written) return [];
    view.conversations.set(conversationId, written);
    if (isPolled) edges.log.info({ tenantId, label, reason }, "a conversation is read regularly");
    return [{ tenantId, conversationId, teamId, label, heardUntil: since, isPolled, now }];
  });
  if (heard.length > 0) await storage.saveConversations(heard);
  if (silences.length > 0) await openSilences(silences, context);
  if (heard.length > 0 || silences.length > 0) needs.onGap();
}

/** Reads the tenant's subscriptions once for all its conversations. */
function createListeningReader({
  tenantId,
  view,
  needs: { registry, edges },
}: Context): (conversation: WishedConversation) => Listening {
  const alive = registry.list(tenantId).filter((record) => isAlive(record, edges.now()));
  const broad = alive.flatMap(({ resource, heardAt }) => {
    const scope = readResourceScope(resource);
    return scope && BROAD.includes(scope.kind) ? [{ scope, heardAt }] : [];
  });
  return (conversation) => {
    const { conversationId, teamId, isDoubtful } = conversation;
    const resource =
      teamId === null
        ? `/chats/${conversationId}/messages`
        : formatChannelResource({ teamId, channelId: conversationId });
    const own = registry.listOf(tenantId, resource).filter((record) => isAlive(record, edges.now()));
    const covering = broad.filter(({ scope }) => coversConversation(scope, conversation));
    const refusal = view.refusals.find(resource);
    return planPolling({ isDoubtful, alive: [...own, ...covering], refusal });
  };
}

const BROAD: readonly ResourceScope["kind"][] = ["installed-chats", "all-chats", "all-channels"];

async function openSilences(silences: readonly Silence[], { tenantId, needs }: Context): Promise<void> {
  const { storage, edges } = needs;
  const known = await storage.listConversations({ tenantId });
  const now = edges.now();
  for (const { resource, since } of silences) {
    const scope = readResourceScope(resource);
    const covered = scope ? known.filter((each) => coversConversation(scope, each)) : [];
    if (covered.length === 0) continue;
    await storage.openGaps({
      tenantId,
      conversationIds: covered.map(({ conversationId }) => conversationId),
      ...{ heardUntil: since, reason: "subscription-lost", now, holdUntil: now + HOLD_MS },
    });
  }
}
