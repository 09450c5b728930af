/** What is kept of a conversation that is heard, so that nothing of it is missed. */
import type { ConversationAddress } from "../model/trace.ts";

export interface NewConversation extends ConversationAddress {
  /** Entra group id of a channel's team; null: a chat. */
  readonly teamId: string | null;
  readonly label: string;
  /** Since when it is ours to hear, epoch ms. */
  readonly heardUntil: number;
  /** Graph reports nothing of it: it is read regularly. */
  readonly isPolled: boolean;
  readonly now: number;
}

/** One that is known by what was heard there: of what was said before nothing is missing. */
export type LearntConversation = Omit<NewConversation, "isPolled" | "now"> & {
  /** When it is to be read for the first time. */
  readonly dueAt: number;
};

/** A channel or chat, and how much of what was said there is known to be in the inbox. */
export interface HeardConversation extends ConversationAddress {
  readonly teamId: string | null;
  readonly label: string;
  /** The watermark, epoch ms: all that was said before is in the inbox, or was. */
  readonly heardUntil: number;
  /** Why something after the watermark may be missing; null: nothing is. */
  readonly gap: GapReason | null;
  /** When the gap was opened, or opened anew; 0: there is none. */
  readonly openedAt: number;
  /** When it is to be read next. */
  readonly dueAt: number;
  /** Where a reading goes on, in the reader's own form; null: from the watermark. */
  readonly cursor: string | null;
  /** Readings that failed, one after the other. */
  readonly attempts: number;
  /** Code of the last one's error; null: it did not fail. */
  readonly fault: string | null;
  /** Time between two readings of one that is polled, else null. */
  readonly pollMs: number | null;
}

export type GapReason =
  | "new" // just installed, or a new channel: what was said until Graph listened
  | "downtime" // nobody was there to be told
  | "subscription-lost" // expired, removed, or made anew
  | "drop-suspected" // we answered so badly that Graph may have dropped some
  | "sweep"; // nothing is known to be missing: a slow look
