/**
 * What each person has read of a chat, and whether it is hidden from the list.
 * Source: https://learn.microsoft.com/graph/api/resources/chatviewpoint
 */
import type { Edges } from "../edges.ts";
import { ApiFault } from "./api-fault.ts";
import type { Directory } from "./directory.ts";
import { formatInstant } from "./posted-message.ts";
import type { Store } from "./store.ts";
import type { Chat, Person } from "./tenant-model.ts";

/** A person and a group or meeting chat, by id or name. Throws 404, and 403 where the person is not in it. */
export interface ViewpointRequest {
  readonly person: string;
  readonly chat: string;
}

export interface ViewpointActs {
  markChatRead(request: ViewpointRequest): void;
  markChatUnread(request: ViewpointRequest): void;
  /** Until somebody says something there, or it is shown again. */
  hideChat(request: ViewpointRequest): void;
  unhideChat(request: ViewpointRequest): void;
}

export interface Viewpoints {
  readonly acts: ViewpointActs;
  /** As Graph shows it. */
  format(
    person: Person,
    chat: Chat,
  ): { readonly isHidden: boolean; readonly lastMessageReadDateTime: string };
}

interface Viewpoint {
  readonly readAtMs: number | null;
  readonly hiddenAtMs: number | null;
}

const NEVER = "0001-01-01T00:00:00Z";

export function createViewpoints(needs: {
  readonly edges: Pick<Edges, "now">;
  readonly directory: Pick<Directory, "resolvePerson" | "resolvePlace">;
  readonly store: Pick<Store, "list">;
}): Viewpoints {
  const { edges, directory, store } = needs;
  const byKey = new Map<string, Viewpoint>();
  const formatKey = (person: Person, chat: Chat) => `${person.id} ${chat.id}`;

  const change =
    (alter: (nowMs: number) => Partial<Viewpoint>) =>
    ({ person: personName, chat: chatName }: ViewpointRequest): void => {
      const person = directory.resolvePerson(personName);
      const place = directory.resolvePlace(chatName);
      if (place.kind !== "chat") throw new ApiFault(404, "NotFound", `There is no chat "${chatName}".`);
      if (!place.chat.memberIds.includes(person.id)) {
        throw new ApiFault(403, "Forbidden", `${person.name} is not a member of this chat.`);
      }
      const key = formatKey(person, place.chat);
      const before = byKey.get(key) ?? { readAtMs: null, hiddenAtMs: null };
      byKey.set(key, { ...before, ...alter(edges.now()) });
    };

  return {
    acts: {
      markChatRead: change((readAtMs) => ({ readAtMs })),
      markChatUnread: change(() => ({ readAtMs: 0 })),
      hideChat: change((hiddenAtMs) => ({ hiddenAtMs })),
      unhideChat: change(() => ({ hiddenAtMs: null })),
    },
    format(person, chat) {
      const messages = store.list(chat.id);
      const { readAtMs, hiddenAtMs } = byKey.get(formatKey(person, chat)) ?? {
        readAtMs: null,
        hiddenAtMs: null,
      };
      // Whoever speaks has read up to there, unless it was marked otherwise.
      const spokenAtMs = messages.findLast(({ author }) => author.id === person.id)?.createdAtMs ?? 0;
      const seenAtMs = readAtMs === 0 ? 0 : Math.max(readAtMs ?? 0, spokenAtMs);
      return {
        isHidden: hiddenAtMs !== null && hiddenAtMs > (messages.at(-1)?.createdAtMs ?? 0),
        lastMessageReadDateTime: seenAtMs === 0 ? NEVER : formatInstant(seenAtMs),
      };
    },
  };
}
