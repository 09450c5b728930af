/**
 * Graph's chatMessage, as far as we read it.
 * Source: https://learn.microsoft.com/graph/api/resources/chatmessage
 */
import { z } from "zod";
import { parseShape } from "./parse-shape.ts";

const identity = z.looseObject({ id: z.string().nullish(), displayName: z.string().nullish() });

const mention = z.looseObject({
  id: z.number().nullish(),
  mentionText: z.string().nullish(),
  mentioned: z
    .looseObject({
      user: identity.nullish(),
      application: identity.nullish(),
      conversation: identity.nullish(),
    })
    .nullish(),
});

const chatMessage = z.looseObject({
  id: z.string().min(1).max(64),
  etag: z.string().nullish(),
  messageType: z.string().nullish(),
  replyToId: z.string().nullish(),
  chatId: z.string().nullish(),
  channelIdentity: z.looseObject({ teamId: z.string().nullish(), channelId: z.string() }).nullish(),
  createdDateTime: z.string().nullish(),
  lastModifiedDateTime: z.string().nullish(),
  lastEditedDateTime: z.string().nullish(),
  deletedDateTime: z.string().nullish(),
  from: z.looseObject({ user: identity.nullish(), application: identity.nullish() }).nullish(),
  body: z.looseObject({ contentType: z.string().nullish(), content: z.string().nullish() }).nullish(),
  mentions: z.array(mention).nullish(),
  /** What a policy did about it; several words with commas between them. */
  policyViolation: z.looseObject({ dlpAction: z.string().nullish() }).nullish(),
  attachments: z
    .array(z.looseObject({ contentType: z.string().nullish(), content: z.string().nullish() }))
    .nullish(),
});
export type ChatMessage = z.infer<typeof chatMessage>;

/** Throws `wire-shape`. */
export function parseChatMessage(input: unknown): ChatMessage {
  return parseShape(chatMessage, input, "chatMessage");
}
