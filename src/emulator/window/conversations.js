/** Channels and chats in one shape, as one person sees them. */

/** Every conversation the person may open, channels first, in the order of the list. */
export function conversationsFor(tenant, personId) {
  const channels = tenant.teams.flatMap((team) =>
    team.channels
      .map((channel) => ({
        ...channel,
        isChannel: true,
        team,
        memberIds: channel.memberIds ?? team.memberIds,
      }))
      .filter(({ memberIds }) => memberIds.includes(personId)),
  );
  const chats = tenant.chats
    .filter((chat) => chat.memberIds.includes(personId))
    .map((chat) => ({
      ...chat,
      name: chat.name || nameByMembers(tenant, chat, personId),
      isChannel: false,
      team: null,
    }));
  return [...channels, ...chats];
}

function nameByMembers(tenant, chat, personId) {
  if (chat.kind === "personal") return tenant.bot.name;
  const others = tenant.people.filter(({ id }) => id !== personId && chat.memberIds.includes(id));
  return others.map(({ name }) => name).join(", ") || "Chat";
}

/** What the bot hears in a conversation: of shared channels Graph tells nothing, and Teams its mentions; the rest is read. */
export const hearingIn = ({ botIsHere, isChannel, kind }) => {
  if (!botIsHere) return "nothing";
  return isChannel && kind !== "standard" ? "late" : "all";
};

/** The people of a conversation. */
export const membersOf = (tenant, { memberIds }) => tenant.people.filter(({ id }) => memberIds.includes(id));

/** `Design review` → `design-review`. */
export const kebab = (name) =>
  name
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-|-$/g, "");

/** Oldest first. Ids are times too and settle what the same millisecond leaves open. */
export const byTime = (a, b) =>
  Date.parse(a.createdAt) - Date.parse(b.createdAt) || Number(a.id) - Number(b.id);

export const textOf = (message) =>
  message.parts.map((part) => part.text ?? part.mention?.name ?? "").join("");

/** Whether a policy lets nobody read it. */
export const isBlocked = ({ policyViolation }) => policyViolation?.action === "blockAccess";

/** A message in one line: what it says, or what it is where it says nothing. */
export function wordsOf(message) {
  const { deletedAt, subject, cards, pictures, attachments } = message;
  if (deletedAt !== null) return "Deleted message";
  if (isBlocked(message)) return "Blocked message";
  const words = [subject, textOf(message)].filter(Boolean).join(": ");
  if (words) return words;
  return cards.length > 0 ? "Card" : pictures ? "Picture" : attachments ? "Attachment" : "Message";
}
