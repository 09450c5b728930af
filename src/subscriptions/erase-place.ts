import type { InstalledPlace, Storage } from "../storage/storage.ts";
import { readChannelResource } from "./channel-resource.ts";

/**
 * Deletes all that is kept of what was said in a place: in a chat, or in a team's channels as far as we heard them.
 * Channels are known by what was heard and by the team's subscriptions, so this comes before those go.
 */
export async function erasePlace(
  place: InstalledPlace,
  storage: Pick<
    Storage,
    "findPlace" | "listSubscriptions" | "listConversations" | "removeConversations" | "eraseConversation"
  >,
): Promise<void> {
  const { tenantId, placeId } = place;
  const conversationIds = new Set([placeId]);
  if (place.kind === "team") {
    // Only an install names the team's group id; a farewell may not.
    const teamId = place.teamId ?? (await storage.findPlace(place))?.teamId;
    for (const { resource } of await storage.listSubscriptions({ tenantId })) {
      const channel = readChannelResource(resource);
      if (channel && channel.teamId === teamId) conversationIds.add(channel.channelId);
    }
    for (const conversation of await storage.listConversations({ tenantId })) {
      const isOfTeam = conversation.teamId !== null && conversation.teamId === teamId;
      if (isOfTeam) conversationIds.add(conversation.conversationId);
    }
  }
  const conversations = [...conversationIds].map((conversationId) => ({ tenantId, conversationId }));
  // First: what would be read back again meanwhile is what is to go.
  await storage.removeConversations(conversations);
  for (const conversation of conversations) await storage.eraseConversation(conversation);
}
