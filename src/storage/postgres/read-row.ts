/** Rows as the contract has them; texts and numbers come as they are. */
import type { NotificationId } from "../../model/ids.ts";
import type { MessageAddress } from "../../model/trace.ts";
import type { Claim } from "../storage.ts";

type Row = Readonly<Record<string, unknown>>;

/** A thread's root has an empty text in its key, since null is equal to nothing. */
export function readAddress(row: Row): MessageAddress {
  return {
    tenantId: row.tenant_id as string,
    conversationId: row.conversation_id as string,
    replyToId: row.reply_to_id === "" ? null : (row.reply_to_id as string),
    messageId: row.message_id as string,
  };
}

/** The first four values of a statement with `MESSAGE`. */
export function bindAddress({ tenantId, conversationId, replyToId, messageId }: MessageAddress) {
  return [tenantId, conversationId, replyToId ?? "", messageId] as const;
}

/** All notifications of one message. */
export const MESSAGE = "tenant_id = $1 AND conversation_id = $2 AND reply_to_id = $3 AND message_id = $4";

export function readClaim(row: Row): Claim {
  return {
    id: row.id as NotificationId,
    ear: row.ear as Claim["ear"],
    message: readAddress(row),
    changeType: row.change_type as Claim["changeType"],
    sealed: row.sealed as string,
    receivedAt: row.received_at as number,
    attempts: row.attempts as number,
  };
}
