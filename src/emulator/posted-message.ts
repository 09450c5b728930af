/** A message as the window and the tests see it. */
import type { Part, StoredMessage } from "./tenant-model.ts";

export interface PostedMessage {
  readonly key: string;
  /** Channel id or chat id, Graph's spelling. */
  readonly conversationId: string;
  readonly rootId: string | null;
  readonly id: string;
  readonly sender: { readonly id: string; readonly name: string; readonly isBot: boolean };
  /** ISO 8601, here and below. */
  readonly createdAt: string;
  readonly editedAt: string | null;
  readonly deletedAt: string | null;
  readonly parts: readonly Part[];
  /** Adaptive Cards, as the bot sent them. */
  readonly cards: readonly object[];
  readonly reactions: readonly {
    readonly type: string;
    readonly by: readonly { readonly id: string; readonly name: string }[];
  }[];
}

export function formatPostedMessage(message: StoredMessage): PostedMessage {
  const types = [...new Set(message.reactions.map(({ type }) => type))];
  return {
    key: message.key,
    conversationId: message.conversationId,
    rootId: message.rootId,
    id: message.id,
    sender: message.author,
    createdAt: formatInstant(message.createdAtMs),
    editedAt: message.editedAtMs === null ? null : formatInstant(message.editedAtMs),
    deletedAt: message.deletedAtMs === null ? null : formatInstant(message.deletedAtMs),
    parts: message.parts,
    cards: message.cards,
    reactions: types.map((type) => ({
      type,
      by: message.reactions.filter((one) => one.type === type).map(({ by: { id, name } }) => ({ id, name })),
    })),
  };
}

/** ISO 8601 with milliseconds. */
export function formatInstant(atMs: number): string {
  return new Date(atMs).toISOString();
}
