/** What was said in the tenant. Every writer goes through here, people and bot alike, and every change is told. */
import { formatMessageKey } from "../model/message.ts";
import type { Edges } from "../edges.ts";
import { ApiFault } from "./api-fault.ts";
import type {
  Author,
  ChangeListener,
  MessageCause,
  MessageExtras,
  Part,
  Place,
  PolicyViolation,
  StoredMessage,
} from "./tenant-model.ts";
import { readConversationId } from "./tenant-model.ts";

export interface NewMessage extends MessageExtras {
  readonly place: Place;
  readonly rootId: string | null;
  readonly author: Author;
  readonly parts: readonly Part[];
  readonly cards?: readonly object[];
}

export interface Store {
  /**
   * Throws 404 where the thread does not exist, 400 for a thread in a chat, 403 like each below in an archived team,
   * where only Teams itself still has something to say.
   */
  post(message: NewMessage): StoredMessage;
  /** A message of long ago, told to nobody. */
  postEarlier(message: NewMessage, atMs: number): StoredMessage;
  /** Author only: 403. Throws 404 for a message that is not there or is deleted. */
  edit(key: string, author: Author, parts: readonly Part[], cards?: readonly object[]): StoredMessage;
  /** Author only: 403. Keeps a gravestone, as Teams does. */
  remove(key: string, author: Author): StoredMessage;
  /** Author only: 403. Throws 404 for a message that is not there, 400 for one that is not deleted. */
  undelete(key: string, author: Author): StoredMessage;
  /** A policy found something in it. The words stay here, and are shown to nobody where the policy blocks it. */
  block(key: string, policyViolation: PolicyViolation): StoredMessage;
  /** Sets or takes back one reaction of one author; a second time changes nothing. */
  react(key: string, author: Author, type: string, on: boolean): StoredMessage;
  find(key: string): StoredMessage | undefined;
  /** By id alone within one conversation, whichever thread it is in. */
  findIn(conversationId: string, id: string): StoredMessage | undefined;
  /** In the order of posting. */
  list(conversationId: string): StoredMessage[];
  listAll(): StoredMessage[];
}

interface Conversation {
  readonly messages: Map<string, StoredMessage>;
  lastIdMs: number;
}

/** `findPlace` finds where a stored message stands, so that its change can be told with its place. */
export function createStore(
  edges: Pick<Edges, "now">,
  findPlace: (conversationId: string) => Place | undefined,
  emit: ChangeListener,
): Store {
  const conversations = new Map<string, Conversation>();
  const byKey = new Map<string, { conversationId: string; id: string }>();
  /** What was deleted, as it was before. */
  const deleted = new Map<string, StoredMessage>();

  function openConversation(id: string): Conversation {
    let found = conversations.get(id);
    if (!found) conversations.set(id, (found = { messages: new Map(), lastIdMs: 0 }));
    return found;
  }

  function insert(
    { place, rootId, author, parts, cards = [], ...extras }: NewMessage,
    atMs: number,
  ): StoredMessage {
    const conversationId = readConversationId(place);
    const conversation = openConversation(conversationId);
    if (rootId !== null) demandRoot(place, conversation, rootId);
    const idMs = Math.max(Math.floor(atMs), conversation.lastIdMs + 1);
    conversation.lastIdMs = idMs;
    const id = String(idMs);
    const tenantId = place.organisation.id;
    const key = formatMessageKey({ tenantId, conversationId, replyToId: rootId, messageId: id });
    const message: StoredMessage = {
      ...{ key, tenantId, conversationId, rootId, id, version: id, author },
      ...{ createdAtMs: idMs, modifiedAtMs: idMs, editedAtMs: null, deletedAtMs: null },
      ...{ parts, cards, reactions: [], ...extras },
    };
    conversation.messages.set(id, message);
    byKey.set(key, { conversationId, id });
    return message;
  }

  function find(key: string): StoredMessage | undefined {
    const at = byKey.get(key);
    return at && conversations.get(at.conversationId)?.messages.get(at.id);
  }

  function demand(key: string): { message: StoredMessage; place: Place } {
    const message = find(key);
    const place = message && findPlace(message.conversationId);
    if (!message || !place || message.deletedAtMs !== null) {
      throw new ApiFault(404, "NotFound", "There is no such message, or it was deleted.");
    }
    demandWritable(place);
    return { message, place };
  }

  function demandOwn(key: string, author: Author): { message: StoredMessage; place: Place } {
    const found = demand(key);
    demandAuthor(found.message, author);
    return found;
  }

  function change(
    { message, place }: { message: StoredMessage; place: Place },
    cause: Exclude<MessageCause, "posted">,
    alter: (atMs: number) => Partial<StoredMessage>,
  ): StoredMessage {
    const atMs = Math.max(edges.now(), Number(message.version) + 1);
    const changed: StoredMessage = { ...message, version: String(atMs), modifiedAtMs: atMs, ...alter(atMs) };
    openConversation(message.conversationId).messages.set(message.id, changed);
    emit({ kind: "message", cause, place, message: changed, before: message });
    return changed;
  }

  return {
    post(message) {
      if (!message.systemEvent) demandWritable(message.place);
      const stored = insert(message, edges.now());
      emit({ kind: "message", cause: "posted", place: message.place, message: stored, before: null });
      return stored;
    },
    postEarlier: insert,
    edit: (key, author, parts, cards) =>
      change(demandOwn(key, author), "edited", (editedAtMs) => ({
        ...{ editedAtMs, parts, html: undefined },
        ...(cards ? { cards } : {}),
      })),
    remove(key, author) {
      const found = demandOwn(key, author);
      deleted.set(key, found.message);
      return change(found, "deleted", (deletedAtMs) => ({
        ...{ deletedAtMs, parts: [], cards: [], reactions: [], attachments: [], hostedContents: [] },
        ...{ html: undefined, subject: undefined, history: [] },
      }));
    },
    undelete(key, author) {
      const message = find(key);
      const place = message && findPlace(message.conversationId);
      if (!message || !place) throw new ApiFault(404, "NotFound", "There is no such message.");
      demandWritable(place);
      demandAuthor(message, author);
      const before = deleted.get(key);
      if (!before) throw new ApiFault(400, "BadRequest", "The message is not deleted.");
      deleted.delete(key);
      return change({ message: { ...before, version: message.version }, place }, "undeleted", () => ({}));
    },
    block: (key, policyViolation) => change(demand(key), "blocked", () => ({ policyViolation })),
    react(key, author, type, on) {
      const found = demand(key);
      const { reactions } = found.message;
      const isMine = (one: (typeof reactions)[number]) => one.type === type && one.by.id === author.id;
      if (reactions.some(isMine) === on) return found.message;
      const { history = [] } = found.message;
      return change(found, "reacted", (atMs) => {
        const own = reactions.find(isMine);
        if (own) {
          const item = { action: "reactionRemoved", reaction: own, atMs } as const;
          return { reactions: reactions.filter((one) => one !== own), history: [...history, item] };
        }
        const reaction = { type, by: author, atMs };
        const item = { action: "reactionAdded", reaction, atMs } as const;
        return { reactions: [...reactions, reaction], history: [...history, item] };
      });
    },
    find,
    findIn: (conversationId, id) => conversations.get(conversationId)?.messages.get(id),
    list: (conversationId) => [...(conversations.get(conversationId)?.messages.values() ?? [])],
    listAll: () => [...conversations.values()].flatMap(({ messages }) => [...messages.values()]),
  };
}

/** What Teams says of itself is nobody's. */
function demandAuthor(message: StoredMessage, { id }: Author): void {
  if (message.author.id === id && !message.systemEvent) return;
  throw new ApiFault(403, "Forbidden", "Only the author may change a message.");
}

/** Of people and bot alike. Source: https://learn.microsoft.com/graph/api/team-archive */
function demandWritable(place: Place): void {
  if (place.kind !== "channel" || !place.team.isArchived) return;
  throw new ApiFault(403, "Forbidden", "The team is archived: nothing in it can be changed.");
}

function demandRoot(place: Place, { messages }: Conversation, rootId: string): void {
  if (place.kind !== "channel") throw new ApiFault(400, "BadRequest", "A chat has no threads.");
  const root = messages.get(rootId);
  if (root?.rootId !== null) {
    throw new ApiFault(404, "NotFound", `There is no thread ${rootId} in this channel.`);
  }
}
