import type { NewNotification } from "./storage.ts";

/** Place in its conversation: message ids are epoch milliseconds. One that is no such number comes when it came. */
export function readOrdinal({ message, receivedAt }: NewNotification): number {
  const ordinal = Number(message.messageId);
  return Number.isSafeInteger(ordinal) ? ordinal : receivedAt;
}
