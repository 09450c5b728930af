/** What Graph does not report, for people to read: what was refused, what is polled, what did not fit. Pure. */
import type { DeafSpot } from "../storage/subscription-record.ts";
import { formatChannelResource } from "./channel-resource.ts";
import type { Wanted } from "./plan.ts";
import type { Refusals } from "./refusals.ts";
import { readResourceScope } from "./resource-scope.ts";
import type { WishedConversation, WishList } from "./wishes.ts";

export function describeDeafSpots(found: {
  tenantId: string;
  wishes: Pick<WishList, "wanted" | "conversations" | "deaf">;
  /** What does not fit into the organisation's quota. */
  overflow: readonly Wanted[];
  refusals: Pick<Refusals, "find">;
  /** Whether Graph lets us read a conversation no more than it tells of it. */
  isUnreadable: (conversationId: string | null) => boolean;
  /** Whether it is read regularly: one that ever brought something is heard like others. Not given: all that may be are. */
  isPolled: (conversationId: string) => boolean;
}): DeafSpot[] {
  const { tenantId, wishes, overflow, refusals, isUnreadable, isPolled } = found;
  const refused = wishes.wanted.flatMap((wanted): DeafSpot[] => {
    const refusal = refusals.find(wanted.resource);
    if (!refusal) return [];
    const { state, reason, askAgainAt } = refusal;
    const refused = { resource: wanted.resource, askAgainAt };
    return [{ tenantId, ...readPlace(wanted), wantedBy: wanted.wantedBy, state, reason, refused }];
  });
  const named = new Set(refused.map(({ conversationId }) => conversationId));
  const wantedBy = new Map(wishes.wanted.map((wanted) => [wanted.resource, wanted.wantedBy]));
  const doubtful = wishes.conversations.flatMap((conversation) => {
    const { isDoubtful, conversationId, label } = conversation;
    if (!isDoubtful || named.has(conversationId) || !isPolled(conversationId)) return [];
    const asked = wantedBy.get(formatResource(conversation)) ?? label;
    return [describePolled(conversation, tenantId, asked)];
  });
  const crowded = overflow.map((wanted): DeafSpot => ({
    ...{ tenantId, ...readPlace(wanted), wantedBy: wanted.wantedBy, state: "bot-framework", refused: null },
    reason:
      "heard through Bot Framework alone: the organisation has no more room for subscriptions (10,000 over all apps)",
  }));
  return [...wishes.deaf, ...refused, ...doubtful, ...crowded].map((spot) =>
    spot.state === "polled" && isUnreadable(spot.conversationId)
      ? { ...spot, state: "deaf", reason: UNREADABLE }
      : spot,
  );
}

const UNREADABLE =
  "not heard: Graph neither tells of it nor lets it be read; a private or shared channel needs the app added to it by itself";

function formatResource({ teamId, conversationId }: WishedConversation): string {
  return teamId === null
    ? `/chats/${conversationId}/messages`
    : formatChannelResource({ teamId, channelId: conversationId });
}

function describePolled(
  { label, teamId, conversationId }: WishedConversation,
  tenantId: string,
  wantedBy: string,
): DeafSpot {
  const reason =
    "read every minute or, while it is quiet, every quarter of an hour: Graph tells nothing of shared and private channels";
  return {
    tenantId,
    label,
    teamId,
    conversationId,
    state: "polled",
    wantedBy,
    reason,
    refused: null,
  };
}

function readPlace({ resource, label }: Wanted): Pick<DeafSpot, "label" | "teamId" | "conversationId"> {
  const scope = readResourceScope(resource);
  const teamId = scope && "teamId" in scope ? scope.teamId : null;
  if (scope?.kind === "channel") return { label, teamId, conversationId: scope.channelId };
  if (scope?.kind === "chat") return { label, teamId, conversationId: scope.chatId };
  return { label, teamId, conversationId: null };
}
