/**
 * People, programs and conversations as Graph names them in a message.
 * Source: https://learn.microsoft.com/graph/api/resources/chatmessagefromidentityset
 */
import type { Author, Place } from "./tenant-model.ts";

type Resource = Readonly<Record<string, unknown>>;

/** Who wrote something. */
export function formatIdentitySet(author: Author, tenantId: string): Resource {
  const { id, name: displayName } = author;
  const rest = { device: null, conversation: null, tag: null };
  if (author.isBot) {
    const applicationIdentityType = author.applicationType ?? "bot";
    return { application: { id, displayName, applicationIdentityType }, user: null, ...rest };
  }
  return { application: null, user: { id, displayName, userIdentityType: "aadUser", tenantId }, ...rest };
}

/** A mention's `mentioned`: a place where it stands in one, else the bot, else a person. */
export function formatMentioned(
  { id, name }: { readonly id: string; readonly name: string },
  place: Place,
  botId: string,
): Resource {
  const kind = readConversationKind(id, place);
  if (kind === null) return formatIdentitySet({ id, name, isBot: id === botId }, place.organisation.id);
  const conversation = { id, displayName: name, conversationIdentityType: kind };
  return { application: null, user: null, device: null, conversation, tag: null };
}

/** What of the place an id names: everybody there is meant. */
export function readConversationKind(id: string, place: Place): "team" | "channel" | "chat" | null {
  if (place.kind === "chat") return id === place.chat.id ? "chat" : null;
  if (id === place.team.id) return "team";
  return id === place.channel.id ? "channel" : null;
}
