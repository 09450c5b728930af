/**
 * A stored message as Graph's chatMessage: the same shape in GET answers and in sealed notifications.
 * Source: https://learn.microsoft.com/graph/api/resources/chatmessage
 */
import { formatGraphHtml, formatPlain, listMentions } from "./message-html.ts";
import { formatInstant } from "./posted-message.ts";
import type { Author, BotIdentity, Place, StoredMessage } from "./tenant-model.ts";
import { formatAttachmentId } from "./thread-ids.ts";

export type ChatMessageResource = Record<string, unknown> & { readonly id: string };

/** `reactionType` is a character where Teams' own reactions have one, else Teams' name of it. */
const REACTION_CHARACTERS: Readonly<Record<string, string>> = {
  like: "👍",
  heart: "❤️",
  laugh: "😆",
  surprised: "😮",
  sad: "😢",
  angry: "😡",
  "1f440_eyes": "👀",
};

export function formatChatMessage(
  message: StoredMessage,
  place: Place,
  bot: BotIdentity,
): ChatMessageResource {
  const { organisation } = place;
  const mentions = listMentions(message.parts);
  const attachments = message.cards.map((card, index) => ({
    id: formatAttachmentId(message.key, index),
    contentType: "application/vnd.microsoft.card.adaptive",
    contentUrl: null,
    content: formatCardContent(card),
    name: null,
    thumbnailUrl: null,
    teamsAppId: null,
  }));
  return {
    id: message.id,
    replyToId: message.rootId,
    etag: message.version,
    messageType: "message",
    createdDateTime: formatInstant(message.createdAtMs),
    lastModifiedDateTime: formatInstant(message.modifiedAtMs),
    lastEditedDateTime: formatNullable(message.editedAtMs),
    deletedDateTime: formatNullable(message.deletedAtMs),
    subject: null,
    summary: null,
    chatId: place.kind === "chat" ? place.chat.id : null,
    importance: "normal",
    locale: "en-us",
    webUrl: place.kind === "channel" ? formatWebUrl(message, place) : null,
    from: formatFrom(message.author, organisation.id, bot),
    body: formatBody(
      message,
      attachments.map(({ id }) => id),
    ),
    channelIdentity: place.kind === "channel" ? { teamId: place.team.id, channelId: place.channel.id } : null,
    onBehalfOf: null,
    policyViolation: null,
    eventDetail: null,
    attachments,
    mentions: mentions.map((mention, id) => ({
      id,
      mentionText: mention.name,
      mentioned: formatFrom({ ...mention, isBot: mention.id === bot.id }, organisation.id, bot),
    })),
    reactions: message.reactions.map(({ type, by, atMs }) => ({
      reactionType: REACTION_CHARACTERS[type] ?? type,
      displayName: type,
      reactionContentUrl: null,
      createdDateTime: formatInstant(atMs),
      user: { ...formatFrom(by, organisation.id, bot), user: { id: by.id, displayName: null } },
    })),
    messageHistory: [],
  };
}

/**
 * What people type stays text where nothing in it needs more; of what a bot says Teams makes a paragraph, and in the
 * place of a card is a mark with the attachment's id.
 */
function formatBody(
  { author, parts, deletedAtMs }: StoredMessage,
  attachmentIds: readonly string[],
): { contentType: "html" | "text"; content: string } {
  if (deletedAtMs !== null) return { contentType: "html", content: "" };
  if (!author.isBot && attachmentIds.length === 0 && listMentions(parts).length === 0) {
    return { contentType: "text", content: formatPlain(parts) };
  }
  const words = formatGraphHtml(parts);
  const marks = attachmentIds.map((id) => `<attachment id="${id}"></attachment>`);
  return {
    contentType: "html",
    content: [author.isBot && words !== "" ? `<p>${words}</p>` : words, ...marks].join(""),
  };
}

/** A card comes back as JSON that Teams wrote anew: indented, lines ended by CR LF, properties in another order. */
function formatCardContent(card: object): string {
  return JSON.stringify(reorder(card), null, 2).replaceAll("\n", "\r\n");
}

function reorder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reorder);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, inner]) => [name, reorder(inner)]),
  );
}

function formatFrom(author: Author, tenantId: string, bot: BotIdentity): Record<string, unknown> {
  const rest = { device: null, conversation: null, tag: null };
  return author.isBot
    ? {
        application: { id: bot.id, displayName: author.name, applicationIdentityType: "bot" },
        user: null,
        ...rest,
      }
    : {
        application: null,
        user: { id: author.id, displayName: author.name, userIdentityType: "aadUser", tenantId },
        ...rest,
      };
}

function formatWebUrl(message: StoredMessage, place: Extract<Place, { kind: "channel" }>): string {
  const query = new URLSearchParams({
    groupId: place.team.id,
    tenantId: message.tenantId,
    createdTime: message.id,
    parentMessageId: message.rootId ?? message.id,
  });
  return `https://teams.microsoft.com/l/message/${encodeURIComponent(place.channel.id)}/${message.id}?${query.toString()}`;
}

function formatNullable(atMs: number | null): string | null {
  return atMs === null ? null : formatInstant(atMs);
}

/** What a notification's sealed content has beyond a GET: it is a resource of its own, without its children. */
export function formatSealedChatMessage(
  message: StoredMessage,
  place: Place,
  bot: BotIdentity,
): ChatMessageResource {
  return {
    "@odata.context": `https://graph.microsoft.com/v1.0/$metadata#${formatCollectionPath(message, place)}/$entity`,
    ...formatChatMessage(message, place, bot),
    replies: [],
    hostedContents: [],
  };
}

function formatCollectionPath(message: StoredMessage, place: Place): string {
  if (place.kind === "chat") return `chats('${encodeURIComponent(place.chat.id)}')/messages`;
  const messages = `teams('${place.team.id}')/channels('${encodeURIComponent(place.channel.id)}')/messages`;
  return message.rootId === null ? messages : `${messages}('${message.rootId}')/replies`;
}

/** A notification's `resource`: the message's path, keys in parentheses. */
export function formatMessageResource(message: StoredMessage, place: Place): string {
  if (place.kind === "chat") return `chats('${place.chat.id}')/messages('${message.id}')`;
  const messages = `teams('${place.team.id}')/channels('${place.channel.id}')/messages`;
  return message.rootId === null
    ? `${messages}('${message.id}')`
    : `${messages}('${message.rootId}')/replies('${message.id}')`;
}
