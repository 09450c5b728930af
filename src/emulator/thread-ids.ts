/** Ids in the shapes that Teams gives them, made from a seed text so that they are the same at every start. */
import { createHash } from "node:crypto";

function digest(text: string): Buffer {
  return createHash("sha256").update(`earshot emulated tenant: ${text}`).digest();
}

/** `19:{32 hex}@thread.tacv2`. */
export function formatChannelId(seed: string): string {
  return `19:${digest(seed).toString("hex").slice(0, 32)}@thread.tacv2`;
}

/** General channels carry a longer id: `19:{43 letters}1@thread.tacv2`. */
export function formatGeneralChannelId(seed: string): string {
  return `19:${digest(seed).toString("base64url")}1@thread.tacv2`;
}

/** `19:{32 hex}@thread.v2`. */
export function formatGroupChatId(seed: string): string {
  return `19:${digest(seed).toString("hex").slice(0, 32)}@thread.v2`;
}

/** `19:meeting_{base64}@thread.v2`. */
export function formatMeetingChatId(seed: string): string {
  const uuid = digest(seed).toString("hex").slice(0, 36);
  return `19:meeting_${Buffer.from(uuid).toString("base64url")}@thread.v2`;
}

/**
 * Graph's id of the chat between a person and the bot.
 * Source: https://learn.microsoft.com/graph/teams-changenotifications-chatmessage (`@unq.gbl.spaces` in the samples)
 */
export function formatPersonalChatId(personId: string, botId: string): string {
  return `19:${personId}_${botId}@unq.gbl.spaces`;
}

/** Bot Framework's id of the same chat, which is not derivable from Graph's. */
export function formatPersonalConversationId(personId: string): string {
  return `a:1${digest(`personal ${personId}`).toString("base64url")}${digest(`chat ${personId}`).toString("base64url")}`;
}

/** Bot Framework's id of a person, `29:…`, one for each bot. */
export function formatPersonAccountId(personId: string, botId: string): string {
  return `29:1${digest(`${personId} for ${botId}`).toString("base64url")}${digest(personId).toString("base64url").slice(0, 22)}`;
}

/** Graph's id of a message's attachment: 32 hex. */
export function formatAttachmentId(messageKey: string, index: number): string {
  return digest(`attachment ${index} of ${messageKey}`).toString("hex").slice(0, 32);
}

/** Bot Framework's id of a bot. */
export function formatBotAccountId(botId: string): string {
  return `28:${botId}`;
}
