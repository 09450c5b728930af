/**
 * What was said in a conversation since an instant, page by page, for reading back what was not heard. Channels by
 * `messages/delta`; where Graph has no delta, by the list of messages, newest first. Chats by a filtered list, which
 * counts its filter only together with an order by the same property; where Graph takes no order (GCC), by the plain one.
 * Sources: https://learn.microsoft.com/graph/api/chatmessage-delta,
 * https://learn.microsoft.com/graph/api/channel-list-messages, https://learn.microsoft.com/graph/api/chat-list-messages
 */
import { EarshotError } from "../errors.ts";
import { parseThread } from "../wire/chat-thread.ts";
import type { GraphTenant } from "./graph-client.ts";

export interface ConversationToRead {
  /** Entra group id of a channel's team; null: a chat. */
  readonly teamId: string | null;
  readonly conversationId: string;
  /** Epoch ms. */
  readonly since: number;
  /** Where an earlier reading stopped, as a page of it told; null: from the beginning. */
  readonly cursor: string | null;
}

export interface ConversationPage {
  /** chatMessages, unread: roots, and the replies below them. */
  readonly messages: readonly unknown[];
  /**
   * Where to go on after this page. With that of the last page another reading begins where this one ended; null: with
   * its own instant.
   */
  readonly cursor: string | null;
  readonly isLast: boolean;
}

const PAGE = 50;
/** Graph answers so where it has no such way, or does not know where an earlier reading stopped any more. */
const NO_WAY: readonly string[] = ["graph-refused", "graph-not-found"];

/** Throws the `graph-…` and `token-…` errors. A message may come more than once. */
export async function* readConversation(
  graph: GraphTenant,
  asked: ConversationToRead,
): AsyncIterable<ConversationPage> {
  const starts = [...(asked.cursor === null ? [] : [asked.cursor]), ...formatStarts(asked)];
  for (const [index, start] of starts.entries()) {
    try {
      yield* readPages(graph, start, asked.since);
      return;
    } catch (error) {
      const isNoWay = error instanceof EarshotError && NO_WAY.includes(error.code);
      if (!isNoWay || index === starts.length - 1) throw error;
    }
  }
}

async function* readPages(graph: GraphTenant, start: string, since: number): AsyncIterable<ConversationPage> {
  for (let next: string | null = start; next !== null;) {
    const page = await graph.page(next);
    const messages = await readThreads(graph, page.items);
    // A delta tells when it ends. A list comes newest first: it has told all with a page of which nothing is young.
    const isOld = messages.length > 0 && messages.every((one) => parseThread(one).touchedAt < since);
    next = isOld && !isDelta(next) ? null : page.nextLink;
    yield { messages, cursor: next ?? page.deltaLink, isLast: next === null };
  }
}

async function readThreads(graph: GraphTenant, items: readonly unknown[]): Promise<unknown[]> {
  const messages: unknown[] = [];
  for (const item of items) {
    const { replies, repliesLink } = parseThread(item);
    messages.push(item, ...replies);
    for (let next = repliesLink; next !== null;) {
      const page = await graph.page(next);
      messages.push(...page.items);
      next = page.nextLink;
    }
  }
  return messages;
}

/** The ways to read it from the beginning, the best first. */
function formatStarts({ teamId, conversationId, since }: ConversationToRead): string[] {
  const young = `lastModifiedDateTime gt ${new Date(since).toISOString()}`;
  const id = encodeURIComponent(conversationId);
  if (teamId === null) {
    const list = `/chats/${id}/messages?$top=${PAGE}`;
    return [`${list}&$orderby=lastModifiedDateTime desc&$filter=${young}`, list];
  }
  const messages = `/teams/${encodeURIComponent(teamId)}/channels/${id}/messages`;
  const threads = `$top=${PAGE}&$expand=replies`;
  return [`${messages}/delta?${threads}&$filter=${young}`, `${messages}?${threads}`];
}

function isDelta(link: string): boolean {
  return /\/delta\b/.test(link);
}
