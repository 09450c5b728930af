import type { NewNotification } from "../../src/storage/storage.ts";

/** A notification to be stored: a message of one channel, unless told otherwise. */
export function createNotification(
  message: Partial<NewNotification["message"]> = {},
  change: Partial<Omit<NewNotification, "message">> = {},
): NewNotification {
  return {
    ear: "graph",
    message: {
      tenantId: "tenant",
      conversationId: "19:a@thread.tacv2",
      replyToId: null,
      messageId: "1000",
      ...message,
    },
    changeType: "created",
    version: message.messageId ?? "1000",
    sealed: '{"sealed":true}',
    receivedAt: 5_000,
    ...change,
  };
}
