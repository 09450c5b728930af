import type { InstalledPlace, Storage } from "../storage/storage.ts";
import { readChannelResource } from "./channel-resource.ts";

/**
 * Deletes all that is kept of what was said in a place: in a chat, or in a team's channels as far as we heard them.
 * Channels are known by the team's subscriptions, so this comes before those go.
 */
export async function erasePlace(
  place: InstalledPlace,
  storage: Pick<Storage, "findPlace" | "listSubscriptions" | "eraseConversation">,
): Promise<void> {
  const { tenantId, placeId } = place;
  const conversations = [placeId];
  if (place.kind === "team") {
    // Only an install names the team's group id; a farewell may not.
    const teamId = place.teamId ?? (await storage.findPlace(place))?.teamId;
    for (const { resource } of await storage.listSubscriptions({ tenantId })) {
      const channel = readChannelResource(resource);
      if (channel && channel.teamId === teamId) conversations.push(channel.channelId);
    }
  }
  for (const conversationId of new Set(conversations)) {
    await storage.eraseConversation({ tenantId, conversationId });
  }
}
