import type { PostedMessage } from "./posted-message.ts";

/** A message, by its key or as it was returned. */
export type MessageReference = string | Pick<PostedMessage, "key">;

/** A thread: by any message of it, or by the id of its root. */
export type ThreadReference = string | Pick<PostedMessage, "id" | "rootId">;

export function readKey(message: MessageReference): string {
  return typeof message === "string" ? message : message.key;
}

/** Null: no thread. */
export function readRootId(thread: ThreadReference | undefined): string | null {
  return typeof thread === "object" ? (thread.rootId ?? thread.id) : (thread ?? null);
}
