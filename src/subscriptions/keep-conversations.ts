/** Which conversations are heard, so that their past is read where Graph may have been silent. */
import { formatChannelResource } from "./channel-resource.ts";
import { coversConversation, readResourceScope, type ResourceScope } from "./resource-scope.ts";
import type { LookNeeds } from "./look-needs.ts";
import { planPolling, type Listening } from "./plan-polling.ts";
import { isAlive } from "./renewal.ts";
import type { Silence, TenantView } from "./tenant-view.ts";
import type { WishedConversation } from "./wishes.ts";

/**
 * So long what is heard now waits for what is read back from before it; then it goes on, in whatever order.
 */
export const HOLD_MS = 2 * 60_000;

interface Context {
  readonly tenantId: string;
  readonly view: TenantView;
  readonly needs: LookNeeds;
}

/** A new one is read back from its beginning, as soon as Graph reports it: whatever is said from then on is told. */
export async function keepConversations(
  wished: readonly WishedConversation[],
  context: Context,
): Promise<void> {
  const { tenantId, needs } = context;
  const { storage, edges } = needs;
  const now = edges.now();
  const readListening = createListeningReader(context);
  // Others write and delete them too.
  const known = new Map(
    (await storage.listConversations({ tenantId })).map((each) => [each.conversationId, each]),
  );
  // Wished for by its place and by itself, it is one.
  const byId = new Map(wished.map((conversation) => [conversation.conversationId, conversation]));
  const heard = [...byId.values()].flatMap((conversation) => {
    const { kind, reason } = readListening(conversation);
    if (kind === "none") return [];
    const isPolled = kind === "poll";
    const { conversationId, teamId, label, since } = conversation;
    const written = known.get(conversationId);
    const isAsPolled = written !== undefined && (written.pollMs !== null) === isPolled;
    if (isAsPolled && written.teamId === teamId && written.label === label) return [];
    if (isPolled && !isAsPolled)
      edges.log.info({ tenantId, label, reason }, "a conversation is read regularly");
    return [{ tenantId, conversationId, teamId, label, heardUntil: since, isPolled, now }];
  });
  if (heard.length === 0) return;
  await storage.saveConversations(heard);
  needs.onGap();
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

/** As soon as it is known: whoever dies after it has the gap written down. */
export async function openSilence(
  { resource, since }: Silence,
  { tenantId, needs }: Omit<Context, "view">,
): Promise<void> {
  const { storage, edges } = needs;
  const conversationIds = await listCovered(readResourceScope(resource), tenantId, storage);
  if (conversationIds.length === 0) return;
  const now = edges.now();
  await storage.openGaps({
    ...{ tenantId, conversationIds, heardUntil: since, reason: "subscription-lost" },
    ...{ now, holdUntil: now + HOLD_MS },
  });
  needs.onGap();
}

async function listCovered(
  scope: ResourceScope | null,
  tenantId: string,
  storage: Pick<LookNeeds["storage"], "listConversations">,
): Promise<string[]> {
  if (scope === null) return [];
  // Thousands of channels, each with its own: then nothing need be read.
  if (scope.kind === "channel") return [scope.channelId];
  if (scope.kind === "chat") return [scope.chatId];
  const known = await storage.listConversations({ tenantId });
  return known.filter((each) => coversConversation(scope, each)).map(({ conversationId }) => conversationId);
}
