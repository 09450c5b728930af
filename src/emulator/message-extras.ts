/** What a message is asked to carry beside its words, made into what the store keeps. */
import type { Edges } from "../edges.ts";
import { ApiFault } from "./api-fault.ts";
import { drawPicture } from "./encode-png.ts";
import { formatGraphHtml, formatPlain } from "./message-html.ts";
import { readKey, type MessageReference } from "./message-reference.ts";
import type { Store } from "./store.ts";
import type {
  Author,
  HostedContent,
  Importance,
  MessageExtras,
  Place,
  StoredAttachment,
  StoredMessage,
} from "./tenant-model.ts";
import { readConversationId } from "./tenant-model.ts";

export interface ExtrasRequest {
  /** The body as Teams formats it, where plain words do not do: lists, code, tables. The words are said besides. */
  readonly html?: string;
  /** Of a thread's root in a channel. */
  readonly subject?: string;
  readonly importance?: Importance;
  readonly attachments?: readonly AttachmentRequest[];
  /** Pictures in the body. */
  readonly images?: readonly ImageRequest[];
  /** In a chat: one of its messages. */
  readonly quoting?: MessageReference;
  /** A message of anywhere in the organisation. */
  readonly forwarding?: MessageReference;
}

export type AttachmentRequest =
  /** A file's name; `url` says where it is. */
  | { readonly file: string; readonly url?: string }
  | { readonly card: object }
  | { readonly code: string; readonly language?: string };

export interface ImageRequest {
  /** What is to be seen, which decides the picture. */
  readonly alt: string;
  readonly widthPx?: number;
  readonly heightPx?: number;
}

export interface ExtrasNeeds {
  readonly edges: Pick<Edges, "now" | "randomBytes" | "randomUuid">;
  readonly store: Pick<Store, "find">;
  /** Base URL of Graph. */
  readonly readUrl: () => string;
}

type Made = MessageExtras & { readonly cards: readonly object[] };

/** Throws 404 for a message that is not there, 400 for what Teams has not in such a place. */
export function readExtras(
  request: ExtrasRequest,
  {
    place,
    rootId,
    author,
  }: { readonly place: Place; readonly rootId: string | null; readonly author: Author },
  needs: ExtrasNeeds,
): Made {
  const { edges, store, readUrl } = needs;
  const { html, subject, importance, attachments = [], images = [], quoting, forwarding } = request;

  function demandMessage(reference: MessageReference): StoredMessage {
    const found = store.find(readKey(reference));
    if (found?.deletedAtMs === null && found.tenantId === place.organisation.id) return found;
    throw new ApiFault(404, "NotFound", "There is no such message.");
  }

  function createContent(type: string, bytes: Buffer, picture: HostedContent["picture"]): HostedContent {
    const object = `0-wus-d9-${edges.randomBytes(16).toString("hex")}`;
    const source = `id=x_${object},type=1,url=https://us-api.asm.skype.com/v1/objects/${object}/views/imgo`;
    const id = Buffer.from(source).toString("base64url");
    return { id, type, bytes, picture, graphUrl: readUrl() };
  }

  if (subject !== undefined && (place.kind !== "channel" || rootId !== null)) {
    throw new ApiFault(400, "BadRequest", "Only the first message of a thread has a subject.");
  }
  const pictures = images.map(({ alt, widthPx = 320, heightPx = 200 }) =>
    createContent("image/png", drawPicture(alt, { widthPx, heightPx }), { alt, widthPx, heightPx }),
  );
  const codes: HostedContent[] = [];
  const hung = attachments.flatMap((one): StoredAttachment[] => {
    if ("card" in one) return [];
    const id = edges.randomUuid();
    if ("file" in one) {
      return [{ kind: "file", id, name: one.file, url: one.url ?? formatFileUrl(one.file, place, author) }];
    }
    const content = createContent("text/plain", Buffer.from(one.code), null);
    codes.push(content);
    const { code, language = "plaintext" } = one;
    const lineCount = code.split("\n").length;
    return [{ kind: "code", id, language, lineCount, hostedContentId: content.id }];
  });
  if (quoting !== undefined) hung.unshift(quote(demandMessage(quoting), place));
  if (forwarding !== undefined) hung.push(forward(demandMessage(forwarding), edges.now()));
  const hosted = [...pictures, ...codes];
  return {
    cards: attachments.flatMap((one) => ("card" in one ? [one.card] : [])),
    ...(html === undefined ? {} : { html }),
    ...(subject === undefined ? {} : { subject }),
    ...(importance === undefined ? {} : { importance }),
    ...(hung.length > 0 ? { attachments: hung } : {}),
    ...(hosted.length > 0 ? { hostedContents: hosted } : {}),
  };
}

/** Source: https://learn.microsoft.com/graph/api/chatmessage-replywithquote */
function quote({ id, author, parts, conversationId }: StoredMessage, place: Place): StoredAttachment {
  if (place.kind !== "chat" || readConversationId(place) !== conversationId) {
    throw new ApiFault(400, "BadRequest", "A message is quoted in the chat where it stands.");
  }
  return { kind: "quote", id, preview: formatPlain(parts), sender: author };
}

function forward(message: StoredMessage, nowMs: number): StoredAttachment {
  const { id: messageId, conversationId, author: sender, createdAtMs: sentAtMs } = message;
  const html = message.html ?? `<p>${formatGraphHtml(message.parts)}</p>`;
  return { kind: "forward", id: String(nowMs), messageId, conversationId, html, sender, sentAtMs };
}

/** A channel's files are in the team's site, a chat's in the drive of whoever sent them. */
function formatFileUrl(name: string, place: Place, author: Author): string {
  const company = place.organisation.domain.split(".")[0] ?? "";
  const path =
    place.kind === "channel"
      ? `${company}.sharepoint.com/sites/${place.team.name.replaceAll(" ", "")}/Shared Documents/${place.channel.name}`
      : `${company}-my.sharepoint.com/personal/${author.id}/Documents/Microsoft Teams Chat Files`;
  return encodeURI(`https://${path}/${name}`);
}
