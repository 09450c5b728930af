/**
 * What Graph says of a subscription of ours.
 * Source: https://learn.microsoft.com/graph/change-notifications-lifecycle-events
 */
import type { Edges } from "../edges.ts";
import type { Storage } from "../storage/storage.ts";
import { HOLD_MS } from "./keep-conversations.ts";
import type { Registry } from "./registry.ts";
import { PATCH_FLOOR_MS } from "./renewal.ts";
import { coversConversation, readResourceScope } from "./resource-scope.ts";

export interface LifecycleNotice {
  readonly tenantId: string;
  readonly subscriptionId: string;
  readonly kind: string;
}

/** Writes down what it means; answers whether the keeper has something to do. */
export async function noteLifecycle(
  { tenantId, subscriptionId, kind }: LifecycleNotice,
  needs: {
    readonly registry: Pick<Registry, "list" | "save">;
    readonly storage: Pick<Storage, "listConversations" | "openGaps">;
    readonly edges: Pick<Edges, "now">;
    readonly onGap: () => void;
  },
): Promise<boolean> {
  const { registry, storage, edges } = needs;
  const record = registry.list(tenantId).find((each) => each.subscriptionId === subscriptionId);
  if (!record) return false;
  const now = edges.now();
  switch (kind) {
    case "subscriptionRemoved":
      await registry.save({ ...record, expiresAt: 0 });
      return true;
    case "reauthorizationRequired":
      // A PATCH renews and reauthorizes in one; just renewed, it has what Graph asks for.
      if (now - record.renewedAt < PATCH_FLOOR_MS) return false;
      await registry.save({ ...record, renewAt: Math.min(record.renewAt, now) });
      return true;
    case "missed": {
      const scope = readResourceScope(record.resource);
      const known = await storage.listConversations({ tenantId });
      const missed = scope ? known.filter((each) => coversConversation(scope, each)) : [];
      if (missed.length === 0) return false;
      await storage.openGaps({
        tenantId,
        conversationIds: missed.map(({ conversationId }) => conversationId),
        // How much is not said: all that is not certain.
        ...{ heardUntil: 0, reason: "drop-suspected", now, holdUntil: now + HOLD_MS },
      });
      needs.onGap();
      return false;
    }
    default:
      return false;
  }
}
