/** What Graph gives when a conversation is read, as the notifications that it would have been. */
import type { EncryptedContent } from "../wire/change-notification.ts";
import { parseChatMessage, type ChatMessage } from "../wire/chat-message.ts";
import { formatStoredContent } from "../inbox/stored-content.ts";
import type { ConversationAddress } from "../model/trace.ts";
import type { NewNotification } from "../storage/storage.ts";

export interface ReadBackNeeds {
  readonly seal: (text: string) => EncryptedContent;
  /** What was said before this instant (epoch ms) was heard: only what became of it is of interest. */
  readonly since: number;
  readonly now: number;
}

/** The earliest first. `malformed`: how many are no messages as we know them. */
export function readBack(
  messages: readonly unknown[],
  conversation: ConversationAddress,
  needs: ReadBackNeeds,
): { readonly notifications: NewNotification[]; readonly malformed: number } {
  const read = messages.map(parseIfMessage);
  const notifications = read
    .flatMap((message, index) =>
      message ? createNotification(message, messages[index], conversation, needs) : [],
    )
    .toSorted((a, b) => Number(a.message.messageId) - Number(b.message.messageId));
  return { notifications, malformed: read.filter((message) => message === null).length };
}

function createNotification(
  message: ChatMessage,
  raw: unknown,
  { tenantId, conversationId }: ConversationAddress,
  { seal, since, now }: ReadBackNeeds,
): NewNotification[] {
  const { id, messageType, deletedDateTime, replyToId } = message;
  // Nobody says these; nobody answers them.
  if ((messageType ?? "message") !== "message") return [];
  const common = {
    ear: "graph",
    message: { tenantId, conversationId, replyToId: replyToId ?? null, messageId: id },
    receivedAt: now,
  } as const;
  if (deletedDateTime) {
    // What was deleted before is no news; a list that knows no filter gives it every time.
    const wasKnown = Date.parse(deletedDateTime) < since;
    return wasKnown ? [] : [{ ...common, changeType: "deleted", version: id, sealed: "" }];
  }
  const isNew = readInstant(message.createdDateTime) >= since;
  const isEdited = readInstant(message.lastEditedDateTime) >= since;
  if (!isNew && !isEdited) return [];
  // Each of the replies is a message of its own.
  const own = { ...(raw as object), replies: undefined };
  const sealed = formatStoredContent({ kind: "sealed", content: seal(JSON.stringify(own)) });
  return isNew
    ? [{ ...common, changeType: "created", version: id, sealed }]
    : [{ ...common, changeType: "updated", version: message.etag ?? id, sealed }];
}

function parseIfMessage(input: unknown): ChatMessage | null {
  try {
    return parseChatMessage(input);
  } catch {
    return null;
  }
}

/** Epoch ms; never, where it is not said. */
function readInstant(text: string | null | undefined): number {
  return Date.parse(text ?? "") || -Infinity;
}
