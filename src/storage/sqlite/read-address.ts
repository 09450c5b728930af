import type { MessageAddress } from "../../model/trace.ts";

/** Where the message of a row stands. A thread's root has an empty text in its key, since null is equal to nothing. */
export function readAddress(row: Record<string, unknown>): MessageAddress {
  return {
    tenantId: row.tenant_id as string,
    conversationId: row.conversation_id as string,
    replyToId: row.reply_to_id === "" ? null : (row.reply_to_id as string),
    messageId: row.message_id as string,
  };
}

/** The values of `MESSAGE`. */
export function bindAddress({ tenantId, conversationId, replyToId, messageId }: MessageAddress) {
  return { tenantId, conversationId, replyToId: replyToId ?? "", messageId };
}

/** All notifications of one message. */
export const MESSAGE = `
  tenant_id = $tenantId AND conversation_id = $conversationId
    AND reply_to_id = $replyToId AND message_id = $messageId`;
