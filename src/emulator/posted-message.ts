/** A message as the window and the tests see it. */
import type { Importance, Part, PolicyViolation, StoredAttachment, StoredMessage } from "./tenant-model.ts";

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
  /** Adaptive Cards, as they were sent. */
  readonly cards: readonly object[];
  readonly reactions: readonly {
    readonly type: string;
    readonly by: readonly { readonly id: string; readonly name: string }[];
  }[];
  /** These only where the message has them. */
  readonly subject?: string;
  readonly importance?: Importance;
  readonly attachments?: readonly StoredAttachment[];
  /** `src` is a data URL: Graph gives the bytes to nobody without a token. */
  readonly pictures?: readonly {
    readonly alt: string;
    readonly widthPx: number;
    readonly heightPx: number;
    readonly src: string;
  }[];
  /** Teams said it of itself: `parts` is a sentence for the reader, the sender is nobody. */
  readonly systemEvent?: string;
  readonly policyViolation?: PolicyViolation;
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
    parts: message.systemEvent ? [{ text: message.systemEvent.text }] : message.parts,
    cards: message.cards,
    reactions: types.map((type) => ({
      type,
      by: message.reactions.filter((one) => one.type === type).map(({ by: { id, name } }) => ({ id, name })),
    })),
    ...formatExtras(message),
  };
}

function formatExtras(message: StoredMessage): Partial<PostedMessage> {
  const {
    subject,
    importance,
    attachments = [],
    hostedContents = [],
    systemEvent,
    policyViolation,
  } = message;
  const pictures = hostedContents.flatMap(({ picture, type, bytes }) =>
    picture ? [{ ...picture, src: `data:${type};base64,${bytes.toString("base64")}` }] : [],
  );
  return {
    ...(subject === undefined ? {} : { subject }),
    ...(importance === undefined ? {} : { importance }),
    ...(attachments.length > 0 ? { attachments } : {}),
    ...(pictures.length > 0 ? { pictures } : {}),
    ...(systemEvent === undefined ? {} : { systemEvent: systemEvent.name }),
    ...(policyViolation === undefined ? {} : { policyViolation }),
  };
}

/** ISO 8601 with milliseconds. */
export function formatInstant(atMs: number): string {
  return new Date(atMs).toISOString();
}
