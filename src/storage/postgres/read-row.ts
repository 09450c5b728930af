/** Rows as the contract has them. */
import type { NotificationId } from "../../model/ids.ts";
import type { MessageAddress } from "../../model/trace.ts";
import type { Claim, ParkedNotification } from "../storage.ts";

type Row = Readonly<Record<string, unknown>>;

function readAddress(row: Row): MessageAddress {
  return {
    tenantId: row.tenant_id as string,
    conversationId: row.conversation_id as string,
    replyToId: row.reply_to_id === "" ? null : (row.reply_to_id as string),
    messageId: row.message_id as string,
  };
}

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

export function readParked(row: Row): ParkedNotification {
  return {
    id: row.id as NotificationId,
    ear: row.ear as ParkedNotification["ear"],
    message: readAddress(row),
    changeType: row.change_type as ParkedNotification["changeType"],
    code: row.code as string,
    receivedAt: row.received_at as number,
    parkedAt: row.settled_at as number,
  };
}
