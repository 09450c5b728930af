/** The look into a thread after a send whose outcome nobody knows: is our reply there? */
import { EarshotError, toEarshotError } from "../errors.ts";
import type { Graph } from "../graph/graph-client.ts";
import type { ReplyContent } from "../model/decision.ts";
import { readThreadId, type Message } from "../model/message.ts";
import type { Storage } from "../storage/storage.ts";
import { parseChatMessage, type ChatMessage } from "../wire/chat-message.ts";
import { saysTheSame } from "./says-the-same.ts";

/**
 * The id of our reply in the thread of a message, null: it is not there. A reply that the ledger has as another's does
 * not count. Throws `send-outcome-unknowable` where the thread cannot be read or does not tell, or the `graph-…` and
 * `token-…` errors that pass.
 */
export type FindSaid = (
  message: Message,
  content: ReplyContent,
  intendedAt: number,
) => Promise<string | null>;

/** Teams' clock and ours. */
const SKEW_MS = 60_000;
/** The most that Graph gives at once. */
const PAGE_SIZE = 50;

export function createFindSaid(needs: {
  graph: Graph;
  /** Of a channel; null where it is not known. */
  findTeamId: (tenantId: string, channelId: string) => string | null;
  readSentIds: Storage["readSentIds"];
  /** In lower case. */
  botId: string;
}): FindSaid {
  return async (message, content, intendedAt) => {
    const thread = findThread(message, needs.findTeamId);
    const since = intendedAt - SKEW_MS;
    const accountedFor = await needs.readSentIds(message);
    const isOurs = (said: ChatMessage) =>
      said.from?.application?.id?.toLowerCase() === needs.botId &&
      readCreatedAt(said) >= since &&
      !accountedFor.has(said.id);
    let isErased = false;
    try {
      for await (const item of needs.graph(message.tenantId).walk(thread.path)) {
        const said = parseChatMessage(item);
        if (thread.isNewestFirst && readCreatedAt(said) < since) break;
        if (!isOurs(said)) continue;
        if (saysTheSame(said, content)) return said.id;
        isErased ||= Boolean(said.deletedDateTime);
      }
    } catch (thrown) {
      const error = toEarshotError(thrown);
      if (error.disposition === "retry") throw error;
      throw createUnknowable(error.message, error);
    }
    if (isErased)
      throw createUnknowable("somebody deleted a reply of ours there, which may have been this one");
    return null;
  };
}

interface Thread {
  readonly path: string;
  /** Of a channel's replies no order is documented. */
  readonly isNewestFirst: boolean;
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

function createUnknowable(reason: string, cause?: unknown): EarshotError {
  return new EarshotError(
    "send-outcome-unknowable",
    `a reply may have been sent, and the thread does not tell whether it was: ${reason}`,
    { cause },
  );
}

/** Message ids are epoch milliseconds. What has no time may be of any. */
function readCreatedAt({ id, createdDateTime }: ChatMessage): number {
  const at = createdDateTime ? Date.parse(createdDateTime) : Number(id);
  return Number.isNaN(at) ? Infinity : at;
}
