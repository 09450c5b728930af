/**
 * One subscription to all chats, to all channels or to a person's chats does not say which there are: they are known by
 * what is heard there, so that they are read where it may have been silent.
 */
import type { MessageAddress } from "../model/trace.ts";
import type { Storage } from "../storage/storage.ts";
import type { SubscriptionRecord } from "../storage/subscription-record.ts";
import { readResourceScope } from "./resource-scope.ts";
import { planSweepDelay } from "./reading-times.ts";

export interface HeardMessage {
  readonly message: MessageAddress;
  /** Entra group id of a channel's team; null: a chat. */
  readonly teamId: string | null;
  readonly subscription: Pick<SubscriptionRecord, "resource" | "wantedBy">;
}

/** Costs nothing for conversations that are known. Throws `storage-unavailable`: the next message teaches the same. */
export type LearnConversations = (heard: readonly HeardMessage[], now: number) => Promise<void>;

/** Then all is learnt anew: what another instance, or an uninstall, has forgotten meanwhile. */
const REMEMBERED_MS = 60 * 60_000;

export function createLearnConversations(needs: {
  storage: Pick<Storage, "learnConversations">;
  rememberedMs: number;
}): LearnConversations {
  let known = new Set<string>();
  let knownSince = 0;
  return async (heard, now) => {
    if (now - knownSince >= REMEMBERED_MS) {
      known = new Set();
      knownSince = now;
    }
    const learnt = heard.flatMap(({ message, teamId, subscription }) => {
      const { tenantId, conversationId } = message;
      const name = `${tenantId} ${conversationId}`;
      if (known.has(name)) return [];
      known.add(name);
      if (!isTeacher(subscription)) return [];
      const dueAt = now + planSweepDelay(needs.rememberedMs, 0);
      const label = `${formatLearntPrefix(subscription)}${conversationId}`;
      return [{ tenantId, conversationId, teamId, label, heardUntil: now, dueAt }];
    });
    if (learnt.length === 0) return;
    try {
      await needs.storage.learnConversations(learnt);
    } catch (error) {
      for (const { tenantId, conversationId } of learnt) known.delete(`${tenantId} ${conversationId}`);
      throw error;
    }
  };
}

/** Where the app is installed, its places tell what is to be heard. */
export function isTeacher({ resource, wantedBy }: HeardMessage["subscription"]): boolean {
  const kind = readResourceScope(resource)?.kind;
  return (
    kind === "all-chats" || kind === "user-chats" || (kind === "all-channels" && wantedBy !== "installed")
  );
}

/** By how its label begins, what was learnt is known to be so, and from which entry of `listen:`. */
export function formatLearntPrefix({ wantedBy }: Pick<SubscriptionRecord, "wantedBy">): string {
  return `${wantedBy} › `;
}
