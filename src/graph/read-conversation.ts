/**
 * What was said in a conversation since an instant, page by page, for reading back what was not heard. Channels by
 * `messages/delta`; where Graph has no delta, by the list of messages, newest first. Chats by a filtered list, which
 * counts its filter only together with an order by the same property.
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
  /** Where to go on after this page; null: it was the last, and another reading begins with its own instant. */
  readonly cursor: string | null;
  readonly isLast: boolean;
}

const PAGE = 50;
/** Graph answers so where a channel has no delta, or does not know its token any more. */
const NO_DELTA: readonly string[] = ["graph-refused", "graph-not-found"];

/** Throws the `graph-…` and `token-…` errors. */
export async function* readConversation(
  graph: GraphTenant,
  asked: ConversationToRead,
): AsyncIterable<ConversationPage> {
  if (asked.teamId === null) {
    yield* readList(graph, asked, formatChatPath(asked));
    return;
  }
  const isListing = asked.cursor !== null && !asked.cursor.includes("/delta");
  if (!isListing) {
    try {
      yield* readDelta(graph, asked);
      return;
    } catch (error) {
      if (!(error instanceof EarshotError) || !NO_DELTA.includes(error.code)) throw error;
    }
  }
  const cursor = isListing ? asked.cursor : null;
  yield* readList(graph, { ...asked, cursor }, formatChannelPath(asked, "", ""));
}

/** The last page has a link, too: with it only what has changed since is told. */
async function* readDelta(graph: GraphTenant, asked: ConversationToRead): AsyncIterable<ConversationPage> {
  const filter = `&$filter=lastModifiedDateTime gt ${formatInstant(asked.since)}`;
  let next: string | null = asked.cursor ?? formatChannelPath(asked, "/delta", filter);
  while (next !== null) {
    const page = await graph.page(next);
    const cursor: string | null = page.nextLink ?? page.deltaLink;
    yield { messages: await readThreads(graph, page.items), cursor, isLast: page.nextLink === null };
    next = page.nextLink;
  }
}

/** Newest first: it ends with a page of which nothing was touched since. */
async function* readList(
  graph: GraphTenant,
  asked: ConversationToRead,
  path: string,
): AsyncIterable<ConversationPage> {
  let next: string | null = asked.cursor ?? path;
  while (next !== null) {
    const page = await graph.page(next);
    const messages = await readThreads(graph, page.items);
    const isYoung = messages.some((message) => parseThread(message).touchedAt >= asked.since);
    const isLast = page.nextLink === null || !isYoung;
    yield { messages, cursor: isLast ? null : page.nextLink, isLast };
    next = isLast ? null : page.nextLink;
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

function formatChatPath({ conversationId, since }: ConversationToRead): string {
  const query = `$top=${PAGE}&$orderby=lastModifiedDateTime desc&$filter=lastModifiedDateTime gt ${formatInstant(since)}`;
  return `/chats/${encodeURIComponent(conversationId)}/messages?${query}`;
}

function formatChannelPath(
  { teamId, conversationId }: ConversationToRead,
  way: string,
  filter: string,
): string {
  const channel = `/teams/${encodeURIComponent(teamId ?? "")}/channels/${encodeURIComponent(conversationId)}`;
  return `${channel}/messages${way}?$top=${PAGE}&$expand=replies${filter}`;
}

function formatInstant(at: number): string {
  return new Date(at).toISOString();
}
