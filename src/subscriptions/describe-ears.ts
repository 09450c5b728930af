import type { MessageAddress } from "../model/trace.ts";
import type { DeafSpot, SubscriptionRecord } from "../storage/subscription-record.ts";
import { coversConversation, readResourceScope } from "./resource-scope.ts";
import { readSubscriptionState, type SubscriptionState } from "./subscription-state.ts";

/** Where the bot hears in the team or chat of a message, a line each, for people to read. */
export function describeEars(
  message: MessageAddress,
  known: {
    subscriptions: readonly SubscriptionRecord[];
    deaf: readonly DeafSpot[];
    /** Entra group id of the message's team; null: a chat, or a team that is not known. */
    teamId: string | null;
    now: number;
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
    ...known.subscriptions
      .filter(isHere)
      .map((record) => ({ name: record.label, state: describeState(record, known.now) })),
    ...known.deaf
      .filter((spot) =>
        spot.conversationId === null || spot.teamId !== null ? spot.teamId === teamId : spot === own,
      )
      .map(({ label, reason }) => ({ name: label, state: reason })),
  ];
}

function describeState(record: SubscriptionRecord, now: number): string {
  const until = formatInstant(record.expiresAt);
  const words: Readonly<Record<SubscriptionState, string>> = {
    "being-made": "being subscribed",
    listening: `listening, to be renewed before ${until}`,
    "renewal-overdue": `listening until ${until}, and not renewed though it is time`,
    // Removed, it has no end that would mean anything.
    expired: "not listening: the subscription has ended, and is to be made anew",
  };
  return words[readSubscriptionState(record, now)];
}

/** `2026-11-23 10:40 UTC` */
function formatInstant(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
