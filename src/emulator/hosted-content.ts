/**
 * Where Graph keeps the bytes of a message's pictures and code, and how the body shows them.
 * Source: https://learn.microsoft.com/graph/api/resources/chatmessagehostedcontent
 */
import { escapeHtml } from "./message-html.ts";
import type { HostedContent, Place, StoredMessage } from "./tenant-model.ts";

/** A message's path, after the version. */
export function formatMessagePath({ id, rootId }: StoredMessage, place: Place): string {
  if (place.kind === "chat") return `/chats/${place.chat.id}/messages/${id}`;
  const messages = `/teams/${place.team.id}/channels/${place.channel.id}/messages`;
  return rootId === null ? `${messages}/${id}` : `${messages}/${rootId}/replies/${id}`;
}

/** Where the bytes are. */
export function formatHostedContentUrl(content: HostedContent, message: StoredMessage, place: Place): string {
  return `${content.graphUrl}/v1.0${formatMessagePath(message, place)}/hostedContents/${content.id}/$value`;
}

/** The pictures, each in a paragraph of its own. */
export function formatPictures(message: StoredMessage, place: Place): string {
  return (message.hostedContents ?? [])
    .map((content) => {
      if (!content.picture) return "";
      const { alt, widthPx, heightPx } = content.picture;
      const url = formatHostedContentUrl(content, message, place);
      const style = `vertical-align:bottom; width:${widthPx}px; height:${heightPx}px`;
      return `<p><img src="${url}" width="${widthPx}" height="${heightPx}" style="${style}" alt="${escapeHtml(alt)}" itemid="${content.id}"></p>`;
    })
    .join("");
}
