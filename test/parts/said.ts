import type { Message } from "../../src/model/message.ts";

export const BOT_ID = "0d0d0d0d-0000-0000-0000-00000000000b";

/** A new message that a person wrote in a channel, but for what is given. */
export function say(text: string, change: Partial<Message> = {}): Message {
  return {
    tenantId: "2432b57b-0abd-43db-aa7b-16eadd115d34",
    conversationId: "19:4a95f7d8db4c4e7fae857bcebe0623e6@thread.tacv2",
    replyToId: null,
    messageId: "1612290000000",
    place: "channel",
    version: "1612290000000",
    kind: "message",
    sender: { kind: "person", id: "8ea0e38b-efb3-4757-924a-5f94061cf8c2", name: "Ada" },
    text,
    mentions: [],
    createdAt: "2021-02-02T18:20:00.000Z",
    isDeleted: false,
    ...change,
  };
}
