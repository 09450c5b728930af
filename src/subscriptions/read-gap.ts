/** One reading of a conversation: from where the last one stopped, page by page into the inbox, to its end. */
import type { Edges } from "../edges.ts";
import { toEarshotError, type EarshotError } from "../errors.ts";
import type { Graph } from "../graph/graph-client.ts";
import { readConversation } from "../graph/read-conversation.ts";
import type { Inbox } from "../inbox/inbox.ts";
import { planRetryDelay } from "../model/retry-delay.ts";
import { formatTraceItem, type TraceSink } from "../model/trace.ts";
import type { HeardConversation } from "../storage/heard-conversation.ts";
import type { NewNotification, Storage } from "../storage/storage.ts";
import { planPollPace } from "./poll-pace.ts";
import { readBack, type ReadBackNeeds } from "./read-back.ts";
import { formatReadingPlace, parseReadingPlace, type ReadingBeginning } from "./reading-place.ts";
import { planSweepDelay, readBeginning } from "./reading-times.ts";
import { untilAborted } from "./until-aborted.ts";

export interface ReadGapNeeds {
  readonly storage: Storage;
  readonly graph: Graph;
  readonly inbox: Inbox;
  readonly seal: ReadBackNeeds["seal"];
  readonly trace: TraceSink;
  readonly edges: Edges;
  /** For how long what was handled is remembered: what is older might be handled again. */
  readonly rememberedMs: number;
}

/**
 * Never rejects. What was read stays read: where it fails or is stopped, another reading goes on from there. Answers
 * false where what became of it could not be written: it is still due.
 */
export type ReadGap = (conversation: HeardConversation, stopping: AbortSignal) => Promise<boolean>;

/** Graph's clock and ours differ, and what was said a moment ago may not be in its lists yet. */
const OVERLAP_MS = 2 * 60_000;
/** Only a person can mend a refusal; where something may have been granted, it is asked again at once. */
const REFUSED_MS = 60 * 60_000;
/** What is new may not be known everywhere in Graph yet: some twenty minutes of asking. Then it counts as refused. */
const MOST_NOT_FOUND = 12;
/** How many are polled in a tenant changes seldom. */
const COUNT_EVERY_MS = 60_000;

interface Progress {
  cursor: string | null;
  found: number;
}

export function createReadGap(needs: ReadGapNeeds): ReadGap {
  const { storage, edges } = needs;
  const polled = new Map<string, { readonly amount: number; readonly at: number }>();

  const countPolled = async (tenantId: string): Promise<number> => {
    const known = polled.get(tenantId);
    if (known && edges.now() - known.at < COUNT_EVERY_MS) return known.amount;
    const all = await storage.listConversations({ tenantId });
    const amount = all.filter(({ pollMs }) => pollMs !== null).length;
    polled.set(tenantId, { amount, at: edges.now() });
    return amount;
  };

  const planPoll = async ({ tenantId, pollMs }: HeardConversation, foundNew: boolean) =>
    pollMs === null
      ? null
      : planPollPace({ previousMs: pollMs, foundNew, polledInTenant: await countPolled(tenantId) });

  const read = async (
    conversation: HeardConversation,
    progress: Progress,
    stopping: AbortSignal,
  ): Promise<void> => {
    const { tenantId, conversationId, teamId, label, gap } = conversation;
    const place = parseReadingPlace(conversation.cursor);
    const begun = begin(conversation, place?.begun ?? null, needs);
    const asked = { teamId, conversationId, since: begun.since, cursor: place?.link ?? null };
    // Where nothing can be written, nothing is read for nothing.
    if (!(await storage.saveReading(conversation))) return;
    for await (const page of untilAborted(readConversation(needs.graph(tenantId), asked), stopping)) {
      // First: of a place that was left meanwhile nothing more is stored.
      if (!(await saveProgress(conversation, progress.cursor, needs))) return;
      progress.found += await store(page.messages, conversation, begun.since, needs);
      const { cursor: link, isLast } = page;
      progress.cursor = link === null ? null : formatReadingPlace({ link, begun: isLast ? null : begun });
      if (!isLast) {
        await saveProgress(conversation, progress.cursor, needs);
        continue;
      }
      const { found } = progress;
      if (found > 0 || gap !== null) {
        edges.log.info({ tenantId, label, gap: gap ?? "none", found }, "a conversation was read back");
      }
      const pollMs = await planPoll(conversation, found > 0);
      const chance = edges.randomBytes(1).readUInt8() / 256;
      await storage.finishReading({
        ...{ tenantId, conversationId, openedAt: begun.openedAt, pollMs },
        heardUntil: begun.at - OVERLAP_MS,
        dueAt: edges.now() + (pollMs ?? planSweepDelay(needs.rememberedMs, chance)),
        cursor: progress.cursor,
      });
      return;
    }
  };

  return async (conversation, stopping) => {
    const progress: Progress = { cursor: conversation.cursor, found: 0 };
    try {
      await read(conversation, progress, stopping);
      return true;
    } catch (thrown) {
      const error = toEarshotError(thrown);
      return noteFailure({ ...conversation, cursor: progress.cursor }, error, needs).then(
        () => true,
        () => false,
      );
    }
  };
}

/** A reading that goes on has the beginning that it had. */
function begin(
  { heardUntil, openedAt, label, tenantId, attempts }: HeardConversation,
  begun: ReadingBeginning | null,
  { edges, rememberedMs }: ReadGapNeeds,
): ReadingBeginning {
  const now = edges.now();
  const wished = begun?.since ?? heardUntil;
  const since = readBeginning({ heardUntil: wished, now, rememberedMs });
  if (since > wished && !begun && attempts === 0) {
    const unread = { from: new Date(wished).toISOString(), to: new Date(since).toISOString() };
    edges.log.warn(
      { tenantId, label, ...unread },
      "what was said in this time is not read back: DONE_RETENTION_HOURS is too short to know what was handled of it",
    );
  }
  return { at: Math.min(begun?.at ?? now, now), since, openedAt: begun?.openedAt ?? openedAt };
}

/** Answers how many of them were not known. */
async function store(
  messages: readonly unknown[],
  conversation: HeardConversation,
  since: number,
  { inbox, seal, trace, edges }: ReadGapNeeds,
): Promise<number> {
  const now = edges.now();
  const { notifications, malformed } = readBack(messages, conversation, { seal, since, now });
  if (malformed > 0) {
    edges.log.warn(
      { label: conversation.label, malformed },
      "what Graph listed is no message as we know them",
    );
  }
  const at = new Date(now).toISOString();
  for (const notification of notifications) {
    const item = {
      at,
      ear: "graph",
      ...formatTraceItem(notification),
      result: "ok",
      code: "read-back",
    } as const;
    trace({ step: "received", ...item });
    trace({ step: "admitted", ...item });
  }
  const results = await inbox.store(notifications, "read-back");
  const isNews = (notification: NewNotification, index: number) =>
    notification.changeType === "created" && results[index] === "stored";
  return notifications.filter(isNews).length;
}

/** Answers whether the conversation is still kept. */
async function saveProgress(
  { tenantId, conversationId, dueAt }: HeardConversation,
  cursor: string | null,
  { storage }: ReadGapNeeds,
): Promise<boolean> {
  return storage.saveReading({ tenantId, conversationId, cursor, attempts: 0, fault: null, dueAt });
}

/** It stays, whatever Graph says of it: what is to be heard no more is the keeper's to remove. */
async function noteFailure(
  conversation: HeardConversation,
  error: EarshotError,
  { storage, edges }: ReadGapNeeds,
): Promise<void> {
  const { tenantId, conversationId, label, cursor } = conversation;
  const fields = { tenantId, label, code: error.code, reason: error.message };
  const attempts = conversation.attempts + 1;
  const isPassing =
    error.disposition === "retry" || (error.code === "graph-not-found" && attempts < MOST_NOT_FOUND);
  const chance = edges.randomBytes(1).readUInt8() / 256;
  const delayMs = isPassing ? planRetryDelay(attempts, error.retryAfterMs, chance) : REFUSED_MS;
  const dueAt = edges.now() + delayMs;
  await storage.saveReading({ tenantId, conversationId, cursor, attempts, fault: error.code, dueAt });
  // The same refusal every hour is no news.
  if (attempts === 1) edges.log.warn(fields, "a conversation could not be read back; it is tried again");
}
