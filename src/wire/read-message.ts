/** From Microsoft's words to ours: a chatMessage or an activity becomes a `Message`. */
import { EarshotError } from "../errors.ts";
import type { Mention, Message, Place, Sender } from "../model/message.ts";
import type { MessageAddress } from "../model/trace.ts";
import { readMentionEntities, splitConversationId, type TeamsActivity } from "./activity.ts";
import type { ChatMessage } from "./chat-message.ts";
import { foldSpace, readPlainText } from "./plain-text.ts";

/**
 * Graph's snapshot as a message at the address its notification gave. Throws `content-not-openable` where the
 * content is another message than the envelope says: then somebody swapped it.
 */
export function readChatMessage(chat: ChatMessage, address: MessageAddress): Message {
  const conversationId = chat.channelIdentity?.channelId ?? chat.chatId ?? address.conversationId;
  const matches =
    chat.id === address.messageId &&
    conversationId === address.conversationId &&
    (chat.replyToId ?? null) === address.replyToId;
  if (!matches) {
    throw new EarshotError(
      "content-not-openable",
      "the opened message is not the one its notification names",
    );
  }
  return {
    ...address,
    place: readPlace(address.conversationId),
    version: chat.etag ?? chat.id,
    kind: (chat.messageType ?? "message") === "message" ? "message" : "system",
    sender: readChatSender(chat),
    text: isBlocked(chat) ? "" : readChatText(chat),
    mentions: (chat.mentions ?? []).map(({ mentioned }): Mention => {
      if (mentioned?.application?.id) return { kind: "bot", id: mentioned.application.id };
      if (mentioned?.user?.id) return { kind: "person", id: mentioned.user.id };
      return { kind: "other", id: mentioned?.conversation?.id ?? "" };
    }),
    createdAt: chat.createdDateTime ?? readInstant(chat.id),
    isDeleted: Boolean(chat.deletedDateTime) || isBlocked(chat),
  };
}

/**
 * Taken from all its readers by a policy, whether or not its words still come along. `blockAccessExternal` is ignored,
 * as by Teams.
 * Source: https://learn.microsoft.com/graph/api/resources/chatmessagepolicyviolation
 */
function isBlocked({ policyViolation }: ChatMessage): boolean {
  const actions = (policyViolation?.dlpAction ?? "").split(",").map((action) => action.trim().toLowerCase());
  return actions.includes("blockaccess");
}

function readChatSender({ from }: ChatMessage): Sender {
  if (from?.application) {
    return { kind: "bot", id: from.application.id ?? "", name: from.application.displayName ?? "" };
  }
  if (from?.user?.id) return { kind: "person", id: from.user.id, name: from.user.displayName ?? "" };
  return { kind: "unknown", id: "", name: "" };
}

/** The mention of a bot is an address, not part of what is said: it goes. */
function readChatText({ body, mentions }: ChatMessage): string {
  const content = body?.content ?? "";
  if (body?.contentType !== "html") return foldSpace(content);
  const bots = new Set(
    (mentions ?? []).filter(({ mentioned }) => mentioned?.application).map(({ id }) => String(id)),
  );
  return readPlainText(content, (id) => (bots.has(id) ? " " : null));
}

/** `19:{user}_{bot}@unq.gbl.spaces` is a talk between two, here a person and the bot. */
function readPlace(conversationId: string): Place {
  if (conversationId.endsWith("@unq.gbl.spaces")) return "personal";
  return /@thread\.(tacv2|skype)$/.test(conversationId) ? "channel" : "chat";
}

/**
 * Whether a message activity tells of what stands in the conversation. A pressed button of a card comes as a message as
 * well, with an id of its own, `f:…`: it answers a card, and nobody said it.
 * Source: https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-actions
 */
export function isSaid({ id }: TeamsActivity): boolean {
  return !id?.startsWith("f:");
}

/** Throws `wire-shape` where a message activity lacks what every one from Teams has. */
export function readActivityAddress(activity: TeamsActivity): MessageAddress {
  const tenantId = activity.conversation.tenantId ?? activity.channelData?.tenant?.id;
  if (!tenantId || !activity.id) {
    throw new EarshotError("wire-shape", "activity: $.id and $.conversation.tenantId must be there");
  }
  const { id, rootId } = splitConversationId(activity.conversation.id);
  return {
    tenantId: tenantId.toLowerCase(),
    conversationId: id,
    replyToId: rootId === activity.id ? null : rootId,
    messageId: activity.id,
  };
}

/** A message that was never changed has its id for a version; an edit has the instant at which Teams sent it. */
export function readActivityVersion({ type, id, timestamp }: TeamsActivity): string {
  const editedAt = type === "messageUpdate" ? new Date(timestamp ?? NaN).getTime() : NaN;
  return Number.isNaN(editedAt) ? (id ?? "") : String(editedAt);
}

/** A message activity as a message. Throws `wire-shape`. */
export function readActivityMessage(activity: TeamsActivity): Message {
  const address = readActivityAddress(activity);
  const mentions = readMentionEntities(activity.entities ?? []);
  const text = mentions.reduce((rest, { text: mention, mentionedId, name }) => {
    return mention ? rest.replaceAll(mention, () => (isBotId(mentionedId) ? " " : name)) : rest;
  }, activity.text ?? "");
  return {
    ...address,
    place: readActivityPlace(activity),
    version: readActivityVersion(activity),
    kind: "message",
    sender: isBotId(activity.from.id)
      ? { kind: "bot", id: activity.from.id.slice("28:".length), name: activity.from.name ?? "" }
      : {
          kind: activity.from.aadObjectId ? "person" : "unknown",
          id: activity.from.aadObjectId ?? "",
          name: activity.from.name ?? "",
        },
    text: foldSpace(text),
    mentions: mentions.map(({ mentionedId }): Mention => {
      if (isBotId(mentionedId)) return { kind: "bot", id: mentionedId.slice("28:".length) };
      return { kind: mentionedId.startsWith("29:") ? "person" : "other", id: mentionedId };
    }),
    createdAt: readInstant(address.messageId),
    isDeleted: false,
  };
}

function readActivityPlace({ conversation }: TeamsActivity): Place {
  if (conversation.conversationType === "personal" || conversation.id.startsWith("a:")) return "personal";
  return conversation.conversationType === "channel" ? "channel" : "chat";
}

/** A bot's account in Teams is `28:` and its app id. */
function isBotId(accountId: string): boolean {
  return accountId.startsWith("28:");
}

/** Message ids are epoch milliseconds. */
function readInstant(messageId: string): string {
  const ms = Number(messageId);
  return new Date(Number.isSafeInteger(ms) && Math.abs(ms) <= 8.64e15 ? ms : 0).toISOString();
}
