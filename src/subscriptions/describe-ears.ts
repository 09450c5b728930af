import type { MessageAddress } from "../model/trace.ts";
import type { DeafSpot, SubscriptionRecord } from "../storage/subscription-record.ts";
import { coversConversation, readResourceScope } from "./resource-scope.ts";

/** Where the bot hears in the team or chat of a message, a line each, for people to read. */
export function describeEars(
  message: MessageAddress,
  known: {
    subscriptions: readonly SubscriptionRecord[];
    deaf: readonly DeafSpot[];
    /** Entra group id of the message's team; null: a chat, or a team that is not known. */
    teamId: string | null;
  },
): { name: string; state: string }[] {
  const { conversationId } = message;
  const own = known.deaf.find((spot) => spot.conversationId === conversationId);
  const teamId = known.teamId ?? own?.teamId ?? null;
  const isHere = ({ resource }: SubscriptionRecord): boolean => {
    const scope = readResourceScope(resource);
    if (scope === null || scope.kind === "team-channels") return false;
    if (teamId !== null && "teamId" in scope) return scope.teamId === teamId;
    return coversConversation(scope, { conversationId, teamId });
  };
  return [
    ...known.subscriptions.filter(isHere).map(({ label, subscriptionId, expiresAt }) => ({
      name: label,
      state:
        subscriptionId === null
          ? "being subscribed"
          : `listening, to be renewed before ${formatInstant(expiresAt)}`,
    })),
    ...known.deaf
      .filter((spot) =>
        spot.conversationId === null || spot.teamId !== null ? spot.teamId === teamId : spot === own,
      )
      .map(({ label, reason }) => ({ name: label, state: reason })),
  ];
}

/** `2026-11-23 10:40 UTC` */
function formatInstant(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
