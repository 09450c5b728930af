/** What hangs on a message as an activity carries it: its own mark-up, what it quotes, and its pictures. */
import { formatActivityHtml } from "./activity-html.ts";
import { formatGraphHtml } from "./message-html.ts";
import type { HostedContent, StoredAttachment, StoredMessage } from "./tenant-model.ts";

/** `base`: of the connector in the organisation, where the pictures can be fetched. */
export function formatActivityAttachments(message: StoredMessage, base: string): object[] {
  const { attachments = [], hostedContents = [], html, parts } = message;
  const quotes = attachments.flatMap((one) => (one.kind === "quote" ? [formatQuote(one)] : []));
  const content = [...quotes, html ?? formatActivityHtml(parts)].join("\r\n");
  const pictures = hostedContents.filter(({ picture }) => picture !== null);
  return [
    ...pictures.map((picture) => ({
      contentType: "image/*",
      contentUrl: `${base}v3/attachments/${encodeURIComponent(readObjectId(picture))}/views/original`,
    })),
    { contentType: "text/html", content },
  ];
}

/** Of the store of files under Teams; Graph's id of the content has it within. */
export function readObjectId({ id }: HostedContent): string {
  const [, object] = /id=x_([^,]+)/.exec(Buffer.from(id, "base64url").toString("utf8")) ?? [];
  return object ?? id;
}

function formatQuote({ id, sender, preview }: Extract<StoredAttachment, { kind: "quote" }>): string {
  const name = formatGraphHtml([{ text: sender.name }]);
  const words = formatGraphHtml([{ text: preview }]);
  const who = `<strong itemprop="mri" itemid="8:orgid:${sender.id}">${name}</strong>`;
  const when = `<span itemprop="time" itemid="${id}"></span>`;
  const what = `<p itemprop="preview">${words}</p>`;
  return `<blockquote itemscope="" itemtype="http://schema.skype.com/Reply" itemid="${id}">\r\n${who}${when}\r\n${what}\r\n</blockquote>`;
}
