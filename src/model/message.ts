import type { MessageAddress } from "./trace.ts";

/** A message, opened: what both ears agree on. Text is plain; names are display names. */
export interface Message extends MessageAddress {
  readonly place: Place;
  /** Version of the message: Graph's `etag`; equal to the id while it was never changed. */
  readonly version: string;
  readonly kind: MessageKind;
  readonly sender: Sender;
  /** Plain text, mentions of people kept as their names, white space folded by line. */
  readonly text: string;
  readonly mentions: readonly Mention[];
  /** ISO 8601. */
  readonly createdAt: string;
  /** Taken back, or by a policy from all its readers. */
  readonly isDeleted: boolean;
}

/** `chat` covers group and meeting chats; `personal` is one person and the bot. */
export type Place = "channel" | "chat" | "personal";

/** `system` is anything Teams says of itself: members added, call ended. */
export type MessageKind = "message" | "system";

export interface Sender {
  readonly kind: "person" | "bot" | "unknown";
  /** Entra object id of a person, app id of a bot, empty where unknown. */
  readonly id: string;
  readonly name: string;
}

export interface Mention {
  readonly kind: "person" | "bot" | "other";
  readonly id: string;
}

/** Id of the thread's root: a root's own id, a reply's `replyToId`. */
export function readThreadId(address: MessageAddress): string {
  return address.replyToId ?? address.messageId;
}

/**
 * One key for one message, whichever ear brought it. Ids are epoch milliseconds and repeat across conversations and
 * threads, so all four parts are needed.
 * Source: https://learn.microsoft.com/graph/api/resources/chatmessage (property `id`).
 */
export function formatMessageKey(address: MessageAddress): string {
  return [address.tenantId, address.conversationId, address.replyToId ?? "", address.messageId].join("|");
}
