/**
 * What Graph says of a subscription of ours.
 * Source: https://learn.microsoft.com/graph/change-notifications-lifecycle-events
 */
import type { Edges } from "../edges.ts";
import type { Storage } from "../storage/storage.ts";
import type { SubscriptionRecord } from "../storage/subscription-record.ts";
import { HOLD_MS } from "./keep-conversations.ts";
import type { Registry } from "./registry.ts";
import { PATCH_FLOOR_MS } from "./renewal.ts";
import { coversConversation, coversPlace, readResourceScope } from "./resource-scope.ts";

export interface LifecycleNotice {
  readonly tenantId: string;
  readonly subscriptionId: string;
  readonly kind: string;
}

interface Needs {
  readonly registry: Pick<Registry, "hasten">;
  readonly storage: Pick<
    Storage,
    "findSubscriptions" | "listConversations" | "listPlaces" | "openGaps" | "askForLook"
  >;
  readonly edges: Pick<Edges, "now">;
  readonly onGap: () => void;
}

/**
 * Writes down what it means; answers whether the keeper has something to do. Throws `storage-unavailable`: nothing is
 * lost where Graph says it again.
 */
export async function noteLifecycle(
  { tenantId, subscriptionId, kind }: LifecycleNotice,
  needs: Needs,
): Promise<boolean> {
  const { registry, storage, edges } = needs;
  // Not from memory: the keeper may be another instance, and have renewed it since we last read.
  const found = await storage.findSubscriptions({
    subscriptionIds: [subscriptionId],
    clientStateDigests: [],
  });
  const record = found.find((each) => each.tenantId === tenantId);
  if (!record) return false;
  const now = edges.now();
  switch (kind) {
    case "subscriptionRemoved":
      await registry.hasten({ key: record.key, expiresAt: 0 });
      await askForTeams(record, storage);
      return true;
    case "reauthorizationRequired":
      // A PATCH renews and reauthorizes in one; just renewed, it has what Graph asks for.
      if (now - record.renewedAt < PATCH_FLOOR_MS) return false;
      await registry.hasten({ key: record.key, renewAt: now });
      return true;
    case "missed":
      await openGaps(record, now, needs);
      return askForTeams(record, storage);
    default:
      return false;
  }
}

async function openGaps(
  { tenantId, resource }: SubscriptionRecord,
  now: number,
  { storage, onGap }: Needs,
): Promise<void> {
  const scope = readResourceScope(resource);
  const known = await storage.listConversations({ tenantId });
  const missed = scope ? known.filter((each) => coversConversation(scope, each)) : [];
  if (missed.length === 0) return;
  await storage.openGaps({
    tenantId,
    conversationIds: missed.map(({ conversationId }) => conversationId),
    // How much is not said: all that is not certain.
    ...{ heardUntil: 0, reason: "drop-suspected", now, holdUntil: now + HOLD_MS },
  });
  onGap();
}

/**
 * A channel may have come or gone unheard where it was to tell of a team or its channels: they are listed again.
 * Answers whether there is such a team. Where the app is not installed, nothing of a team is kept that could be old.
 */
async function askForTeams(
  { tenantId, resource }: SubscriptionRecord,
  storage: Pick<Storage, "listPlaces" | "askForLook">,
): Promise<boolean> {
  const scope = readResourceScope(resource);
  if (!scope) return false;
  const places = await storage.listPlaces({ tenantId });
  const teamIds = new Set(places.flatMap(({ teamId }) => teamId ?? []));
  const told = [...teamIds].filter((teamId) =>
    [null, "any"].some((channelId) => coversPlace(scope, { teamId, channelId })),
  );
  const asked = told.map((teamId) => storage.askForLook({ tenantId, teamId }));
  await Promise.all(asked);
  return asked.length > 0;
}
