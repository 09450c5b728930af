/**
 * A stored message as Graph's chatMessage: the same shape in GET answers and in sealed notifications.
 * Source: https://learn.microsoft.com/graph/api/resources/chatmessage
 */
import { formatAttachments, type AttachmentResource } from "./attachment-resource.ts";
import { formatPictures } from "./hosted-content.ts";
import { formatIdentitySet, formatMentioned } from "./identity-resource.ts";
import {
  formatGraphHtml,
  formatPlain,
  formatTypedHtml,
  listMentions,
  splitMentions,
  type SplitMention,
} from "./message-html.ts";
import { formatInstant } from "./posted-message.ts";
import type {
  BotIdentity,
  Place,
  PolicyViolation,
  StoredMessage,
  StoredReaction,
  SystemEvent,
} from "./tenant-model.ts";

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
  const tenantId = place.organisation.id;
  const isShown = message.policyViolation?.action !== "blockAccess";
  const attachments = isShown ? formatAttachments(message, place) : [];
  const mentions = isShown ? readMentions(message, place, bot) : [];
  return {
    id: message.id,
    replyToId: message.rootId,
    etag: message.version,
    messageType: message.systemEvent ? "systemEventMessage" : "message",
    createdDateTime: formatInstant(message.createdAtMs),
    lastModifiedDateTime: formatInstant(message.modifiedAtMs),
    lastEditedDateTime: formatNullable(message.editedAtMs),
    deletedDateTime: formatNullable(message.deletedAtMs),
    subject: message.subject ?? null,
    summary: null,
    chatId: place.kind === "chat" ? place.chat.id : null,
    importance: message.importance ?? "normal",
    locale: "en-us",
    webUrl: place.kind === "channel" ? formatWebUrl(message, place) : null,
    from: message.systemEvent ? null : formatIdentitySet(message.author, tenantId),
    body: isShown ? formatBody(message, place, bot, attachments) : NOTHING,
    channelIdentity: place.kind === "channel" ? { teamId: place.team.id, channelId: place.channel.id } : null,
    onBehalfOf: null,
    policyViolation: formatPolicyViolation(message.policyViolation),
    eventDetail: formatEventDetail(message.systemEvent),
    attachments,
    mentions: mentions.map((mention, id) => ({
      ...{ id, mentionText: mention.text, mentioned: formatMentioned(mention, place, bot.id) },
    })),
    reactions: message.reactions.map((one) => formatReaction(one, tenantId)),
    messageHistory: (message.history ?? []).map(({ action, reaction, atMs }) => ({
      modifiedDateTime: formatInstant(atMs),
      actions: action,
      reaction: formatReaction(reaction, tenantId),
    })),
  };
}

/** Source: https://learn.microsoft.com/graph/api/resources/chatmessagereaction */
function formatReaction({ type, by, atMs }: StoredReaction, tenantId: string): object {
  const identity = formatIdentitySet(by, tenantId);
  return {
    reactionType: REACTION_CHARACTERS[type] ?? type,
    displayName: type,
    reactionContentUrl: null,
    createdDateTime: formatInstant(atMs),
    user: by.isBot ? identity : { ...identity, user: { id: by.id, displayName: null } },
  };
}

interface Body {
  readonly contentType: "html" | "text";
  readonly content: string;
}

const NOTHING: Body = { contentType: "html", content: "" };

/**
 * What people type stays text where nothing in it needs more; of what a program says Teams makes a paragraph, and in
 * the place of an attachment is a mark with its id: a quote's in front of the words, the others' behind.
 */
function formatBody(
  message: StoredMessage,
  place: Place,
  bot: BotIdentity,
  attachments: readonly AttachmentResource[],
): Body {
  const { author, parts, html, systemEvent } = message;
  if (systemEvent) return { contentType: "html", content: "<systemEventMessage/>" };
  if (message.deletedAtMs !== null) return NOTHING;
  const pictures = formatPictures(message, place);
  const isPlain = !author.isBot && html === undefined && pictures === "" && attachments.length === 0;
  if (isPlain && listMentions(parts).length === 0)
    return { contentType: "text", content: formatPlain(parts) };
  const marks = (areQuotes: boolean) =>
    attachments
      .filter(({ contentType }) => (contentType === "messageReference") === areQuotes)
      .map(({ id }) => `<attachment id="${id}"></attachment>`);
  const content = [...marks(true), formatWords(message, place, bot), pictures, ...marks(false)].join("");
  return { contentType: "html", content };
}

function formatWords({ author, parts, html }: StoredMessage, place: Place, bot: BotIdentity): string {
  if (html !== undefined) return html;
  const words = author.isBot ? formatGraphHtml(parts) : formatTypedHtml(parts, listWhole(place, bot));
  return words === "" ? "" : `<p>${words}</p>`;
}

/** Programs mention whole names; people's clients split them. */
function readMentions(
  { author, parts, html }: StoredMessage,
  place: Place,
  bot: BotIdentity,
): SplitMention[] {
  const isWhole = author.isBot || html !== undefined;
  const mentions = listMentions(parts);
  return isWhole
    ? mentions.map((mention) => ({ ...mention, text: mention.name }))
    : splitMentions(parts, listWhole(place, bot));
}

function listWhole(place: Place, bot: BotIdentity): readonly string[] {
  return place.kind === "chat" ? [bot.id, place.chat.id] : [bot.id, place.team.id, place.channel.id];
}

/** Source: https://learn.microsoft.com/graph/system-messages */
function formatEventDetail(event: SystemEvent | undefined): object | null {
  if (!event) return null;
  return { "@odata.type": `#microsoft.graph.${event.name}EventMessageDetail`, ...event.detail };
}

/** Source: https://learn.microsoft.com/graph/api/resources/chatmessagepolicyviolation */
function formatPolicyViolation(violation: PolicyViolation | undefined): object | null {
  if (!violation) return null;
  const isBlocked = violation.action === "blockAccess";
  return {
    dlpAction: isBlocked ? "notifySender,blockAccess" : "notifySender",
    justificationText: null,
    policyTip: {
      generalText: isBlocked ? "This message was blocked." : "This message may hold sensitive information.",
      complianceUrl: null,
      matchedConditionDescriptions: violation.conditions,
    },
    userAction: "none",
    verdictDetails: isBlocked ? "allowFalsePositiveOverride,allowOverrideWithJustification" : "none",
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
    "@odata.context": `${formatListContext(place, message.rootId)}/$entity`,
    ...formatChatMessage(message, place, bot),
    replies: [],
    hostedContents: [],
  };
}

/** What a list of messages is: those of a chat, a channel's roots, or a root's replies. */
export function formatListContext(place: Place, rootId: string | null): string {
  const metadata = "https://graph.microsoft.com/v1.0/$metadata#";
  if (place.kind === "chat") return `${metadata}chats('${encodeURIComponent(place.chat.id)}')/messages`;
  const messages = `teams('${place.team.id}')/channels('${encodeURIComponent(place.channel.id)}')/messages`;
  return rootId === null ? `${metadata}${messages}` : `${metadata}${messages}('${rootId}')/replies`;
}

/** A notification's `resource`: the message's path, keys in parentheses. */
export function formatMessageResource(message: StoredMessage, place: Place): string {
  if (place.kind === "chat") return `chats('${place.chat.id}')/messages('${message.id}')`;
  const messages = `teams('${place.team.id}')/channels('${place.channel.id}')/messages`;
  return message.rootId === null
    ? `${messages}('${message.id}')`
    : `${messages}('${message.rootId}')/replies('${message.id}')`;
}
