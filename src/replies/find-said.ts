/** The look into a thread after a send whose outcome nobody knows: is our reply there? */
import { EarshotError, toEarshotError } from "../errors.ts";
import type { Graph, GraphTenant } from "../graph/graph-client.ts";
import type { ReplyContent } from "../model/decision.ts";
import { readThreadId, type Message } from "../model/message.ts";
import type { Storage } from "../storage/storage.ts";
import { parseChatMessage, type ChatMessage } from "../wire/chat-message.ts";
import { foldSpace, readPlainText } from "../wire/plain-text.ts";

/**
 * The id of our reply in the thread of a message, null: it is not there. A reply that the ledger has as another's does
 * not count. Throws `send-outcome-unknowable` where the thread cannot be read, or the `graph-…` errors that pass.
 */
export type FindSaid = (
  message: Message,
  content: ReplyContent,
  intendedAt: number,
) => Promise<string | null>;

/** Teams' clock and ours. */
const SKEW_MS = 60_000;
const PAGE_SIZE = 50;
const CARD = "application/vnd.microsoft.card.adaptive";

export function createFindSaid(needs: {
  graph: Graph;
  /** Of a channel; null where it is not known. */
  findTeamId: (tenantId: string, channelId: string) => string | null;
  readSentIds: Storage["readSentIds"];
  botId: string;
}): FindSaid {
  return async (message, content, intendedAt) => {
    const since = intendedAt - SKEW_MS;
    const isOurs = (said: ChatMessage) =>
      said.from?.application?.id?.toLowerCase() === needs.botId &&
      !said.deletedDateTime &&
      readCreatedAt(said) >= since &&
      saysTheSame(said, content);
    const thread = readThread(needs.graph(message.tenantId), findThread(message, needs.findTeamId), since);
    const candidates = (await thread).filter(isOurs);
    if (candidates.length === 0) return null;
    const accountedFor = await needs.readSentIds(message);
    return candidates.find(({ id }) => !accountedFor.has(id))?.id ?? null;
  };
}

/**
 * Read with the consent that the app is installed with; it does not reach personal chats.
 * Sources: https://learn.microsoft.com/graph/api/chatmessage-list-replies, …/chat-list-messages
 */
function findThread(
  message: Message,
  findTeamId: (tenantId: string, channelId: string) => string | null,
): Thread {
  const { tenantId, conversationId, place } = message;
  if (place === "personal") throw createUnknowable("Graph does not let us read personal chats");
  if (place === "chat") {
    const messages = `/chats/${encodeURIComponent(conversationId)}/messages`;
    return { path: `${messages}?$top=${PAGE_SIZE}&$orderby=createdDateTime desc`, isNewestFirst: true };
  }
  const teamId = findTeamId(tenantId, conversationId);
  if (teamId === null) throw createUnknowable("the channel's team is not known");
  const channel = `/teams/${encodeURIComponent(teamId)}/channels/${encodeURIComponent(conversationId)}`;
  const root = `${channel}/messages/${encodeURIComponent(readThreadId(message))}`;
  return { path: `${root}/replies?$top=${PAGE_SIZE}`, isNewestFirst: false };
}

interface Thread {
  readonly path: string;
  /** Of replies no order is documented. */
  readonly isNewestFirst: boolean;
}

async function readThread(
  graph: GraphTenant,
  { path, isNewestFirst }: Thread,
  since: number,
): Promise<ChatMessage[]> {
  try {
    const found: ChatMessage[] = [];
    for await (const item of graph.walk(path)) {
      const said = parseChatMessage(item);
      if (isNewestFirst && readCreatedAt(said) < since) break;
      found.push(said);
    }
    return found;
  } catch (thrown) {
    const error = toEarshotError(thrown);
    if (error.disposition === "retry") throw error;
    throw createUnknowable(error.message, error);
  }
}

function createUnknowable(reason: string, cause?: unknown): EarshotError {
  return new EarshotError(
    "send-outcome-unknowable",
    `a reply may have been sent, and the thread cannot be read to see it: ${reason}`,
    { cause },
  );
}

/** Message ids are epoch milliseconds. */
function readCreatedAt({ id, createdDateTime }: ChatMessage): number {
  const at = createdDateTime ? Date.parse(createdDateTime) : Number(id);
  return Number.isNaN(at) ? 0 : at;
}

function saysTheSame(said: ChatMessage, content: ReplyContent): boolean {
  if (content.kind === "card") {
    const cards = (said.attachments ?? []).filter(({ contentType }) => contentType === CARD);
    return cards.some((card) => holds(readJson(card.content ?? ""), content.card));
  }
  const { body } = said;
  const text =
    body?.contentType === "html"
      ? readPlainText(body.content ?? "", () => null)
      : foldSpace(body?.content ?? "");
  return text === foldSpace(content.text);
}

/** Teams writes a card anew, in another order and with what it fills in: all that we wrote must be there. */
function holds(found: unknown, written: unknown): boolean {
  if (Array.isArray(written)) {
    return (
      Array.isArray(found) &&
      found.length === written.length &&
      written.every((each, index) => holds(found[index], each))
    );
  }
  if (typeof written !== "object" || written === null) return found === written;
  return (
    typeof found === "object" &&
    found !== null &&
    Object.entries(written).every(
      ([name, value]) => name === "$schema" || holds((found as Record<string, unknown>)[name], value),
    )
  );
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
