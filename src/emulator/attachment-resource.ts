/**
 * What hangs on a message, as Graph shows it.
 * Sources: https://learn.microsoft.com/graph/api/resources/chatmessageattachment,
 * https://learn.microsoft.com/graph/api/chatmessage-replywithquote
 */
import { formatHostedContentUrl } from "./hosted-content.ts";
import { formatIdentitySet } from "./identity-resource.ts";
import { formatInstant } from "./posted-message.ts";
import type { Author, Place, StoredAttachment, StoredMessage } from "./tenant-model.ts";
import { formatAttachmentId } from "./thread-ids.ts";

export interface AttachmentResource {
  readonly id: string;
  readonly contentType: string;
  readonly contentUrl: string | null;
  readonly content: string | null;
  readonly name: string | null;
  readonly thumbnailUrl: null;
  readonly teamsAppId: null;
}

/** Cards after the rest. */
export function formatAttachments(message: StoredMessage, place: Place): readonly AttachmentResource[] {
  const cards = message.cards.map((card, index) => ({
    ...EMPTY,
    id: formatAttachmentId(message.key, index),
    contentType: "application/vnd.microsoft.card.adaptive",
    content: formatCardContent(card),
  }));
  return [...(message.attachments ?? []).map((one) => formatAttachment(one, message, place)), ...cards];
}

const EMPTY = { contentUrl: null, content: null, name: null, thumbnailUrl: null, teamsAppId: null };

/** The last two are not documented in full: as messages captured from Teams have them. */
function formatAttachment(
  attachment: StoredAttachment,
  message: StoredMessage,
  place: Place,
): AttachmentResource {
  const { id } = attachment;
  switch (attachment.kind) {
    case "file":
      return { ...EMPTY, id, contentType: "reference", contentUrl: attachment.url, name: attachment.name };
    case "quote":
      return {
        ...{ ...EMPTY, id, contentType: "messageReference" },
        content: JSON.stringify({
          messageId: id,
          messagePreview: attachment.preview,
          messageSender: formatSender(attachment.sender, place),
        }),
      };
    case "forward":
      return {
        ...{ ...EMPTY, id, contentType: "forwardedMessageReference" },
        content: JSON.stringify({
          originalMessageId: attachment.messageId,
          originalMessageContent: attachment.html,
          originalConversationId: attachment.conversationId,
          originalSentDateTime: formatInstant(attachment.sentAtMs),
          originalMessageSender: formatSender(attachment.sender, place),
        }),
      };
    case "code": {
      const hosted = (message.hostedContents ?? []).find((one) => one.id === attachment.hostedContentId);
      return {
        ...{ ...EMPTY, id, contentType: "application/vnd.microsoft.card.codesnippet" },
        content: JSON.stringify({
          name: "",
          language: attachment.language,
          lines: attachment.lineCount,
          wrap: true,
          codeSnippetUrl: hosted ? formatHostedContentUrl(hosted, message, place) : null,
        }),
      };
    }
  }
}

function formatSender(sender: Author, { organisation }: Place): object {
  const { application, device, user } = formatIdentitySet(sender, organisation.id);
  return { application, device, user };
}

/** A card comes back as JSON that Teams wrote anew: indented, lines ended by CR LF, properties in another order. */
function formatCardContent(card: object): string {
  return JSON.stringify(reorder(card), null, 2).replaceAll("\n", "\r\n");
}

function reorder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reorder);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, inner]) => [name, reorder(inner)]),
  );
}
