import type { MessageAddress } from "../model/trace.ts";
import type { SubscriptionRecord } from "../storage/storage.ts";
import type { DeafSpot } from "./wish-list.ts";

/** Where the bot hears in the team or chat of a message, a line each, for people to read. */
export function describeEars(
  message: MessageAddress,
  known: { subscriptions: readonly SubscriptionRecord[]; deaf: readonly DeafSpot[] },
): { name: string; state: string }[] {
  const channel = known.subscriptions.find(({ resource }) =>
    resource.includes(`/${message.conversationId}/`),
  );
  const deafChannel = known.deaf.find(({ channelId }) => channelId === message.conversationId);
  const teamId = deafChannel?.teamId ?? /^\/teams\/([^/]+)\//.exec(channel?.resource ?? "")?.[1] ?? null;
  const isHere = (resourceTeamId: string | null) => resourceTeamId === teamId;
  return [
    ...known.subscriptions
      .filter(({ resource }) => isHere(/^\/teams\/([^/]+)\//.exec(resource)?.[1] ?? null))
      .map(({ label, subscriptionId, expiresAt }) => ({
        name: label,
        state:
          subscriptionId === null
            ? "being subscribed"
            : `listening, to be renewed before ${formatInstant(expiresAt)}`,
      })),
    ...known.deaf
      .filter((spot) => isHere(spot.teamId))
      .map(({ label, reason }) => ({ name: label, state: reason })),
  ];
}

/** `2026-11-23 10:40 UTC` */
function formatInstant(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
