/** A reaction to what the bot said, as Teams tells the bot of it. */
import {
  createEnvelope,
  formatActor,
  formatConversation,
  formatPlaceData,
  type Activity,
  type ActivityContext,
} from "./activity-envelope.ts";
import type { Person, Place, StoredMessage, StoredReaction } from "./tenant-model.ts";

/**
 * By the person who set or took them. Of the message there is the id, in `replyToId`, and none of what it says.
 * Source: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/subscribe-to-conversation-events#message-reaction-events
 */
export function createReactionActivity(
  change: { readonly added: readonly StoredReaction[]; readonly removed: readonly StoredReaction[] },
  by: Person,
  message: StoredMessage,
  place: Place,
  id: string,
  context: ActivityContext,
): Activity {
  const list = (name: string, reactions: readonly StoredReaction[]) =>
    reactions.length > 0 ? { [name]: reactions.map(({ type }) => ({ type })) } : {};
  return {
    type: "messageReaction",
    ...createEnvelope(`f:${id}`, place.organisation, context),
    ...list("reactionsAdded", change.added),
    ...list("reactionsRemoved", change.removed),
    from: formatActor(by, context),
    conversation: formatConversation(place, message.rootId ?? message.id),
    channelData: formatPlaceData(place),
    replyToId: message.id,
  };
}
