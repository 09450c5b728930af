/**
 * A notification's `resource` says where the message stands before its content is opened. Graph writes keys in
 * parentheses or as path segments, with or without a leading slash.
 * Source: https://learn.microsoft.com/graph/teams-changenotifications-chatmessage
 */

export type MessageResource =
  | { readonly kind: "chat"; readonly chatId: string; readonly messageId: string; readonly replyToId: null }
  | {
      readonly kind: "channel";
      readonly teamId: string;
      readonly channelId: string;
      readonly messageId: string;
      readonly replyToId: string | null;
    };

/** The address, or null where `resource` names no message. */
export function parseMessageResource(resource: string): MessageResource | null {
  const segments = readResourceKeys(resource);
  if (!segments) return null;
  const [names, keys] = segments;
  const [first = "", second = "", third = "", fourth = ""] = keys;
  switch (names.join("/")) {
    case "chats/messages":
      return { kind: "chat", chatId: first, messageId: second, replyToId: null };
    case "teams/channels/messages":
      return { kind: "channel", teamId: first, channelId: second, messageId: third, replyToId: null };
    case "teams/channels/messages/replies":
      return { kind: "channel", teamId: first, channelId: second, messageId: fourth, replyToId: third };
    default:
      return null;
  }
}

/** The path at which Graph answers the message, after the version. */
export function formatMessagePath(message: MessageResource): string {
  const { messageId, replyToId } = message;
  const place =
    message.kind === "chat"
      ? `/chats/${encodeURIComponent(message.chatId)}`
      : `/teams/${encodeURIComponent(message.teamId)}/channels/${encodeURIComponent(message.channelId)}`;
  const own = encodeURIComponent(messageId);
  return replyToId === null
    ? `${place}/messages/${own}`
    : `${place}/messages/${encodeURIComponent(replyToId)}/replies/${own}`;
}

/** `chats('a')/messages/b` → [["chats", "messages"], ["a", "b"]]; null where a collection has no key. */
export function readResourceKeys(resource: string): [names: string[], keys: string[]] | null {
  const names: string[] = [];
  const keys: string[] = [];
  const parts = resource.replace(/^\/+|\/+$/g, "").split("/");
  for (let index = 0; index < parts.length; index += 1) {
    const part = parts[index] ?? "";
    const quoted = /^(\w+)\('([^']+)'\)$/.exec(part);
    const name = quoted?.[1] ?? part;
    const key = quoted ? quoted[2] : parts[++index];
    const decoded = key === undefined ? null : decode(key);
    if (!decoded) return null;
    names.push(name.toLowerCase());
    keys.push(decoded);
  }
  return names.length ? [names, keys] : null;
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
