/**
 * Reads what may not have been heard: gaps that the keeper opened, conversations that Graph does not report, and once a
 * day every one, in case something was lost without a word. What is found enters the inbox under the keys of its
 * notifications, so that nothing is handled twice.
 */
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

export interface CatchUp {
  start(): void;
  /** Looks for work now. */
  poke(): void;
  /** What is being read goes on at the next start where it stopped. */
  stop(): Promise<void>;
}

export interface CatchUpNeeds {
  readonly storage: Storage;
  readonly graph: Graph;
  readonly inbox: Inbox;
  readonly seal: ReadBackNeeds["seal"];
  readonly trace: TraceSink;
  readonly edges: Edges;
  /** For how long what was handled is remembered: what is older might be handled again. */
  readonly rememberedMs: number;
}

/** Graph's clock and ours differ, and what was said a moment ago may not be in its lists yet. */
const OVERLAP_MS = 2 * 60_000;
/** What is near the end of our memory may be forgotten before it is looked up. */
const MEMORY_MARGIN_MS = 60 * 60_000;
const SWEEP_MS = 24 * 60 * 60_000;
/** Only a person can mend a refusal. */
const REFUSED_MS = 60 * 60_000;
const LOOK_EVERY_MS = 1_000;
/** Graph's limits make them wait for one another; more at once would but hold more in memory. */
const AT_ONCE = 8;
const STOP_PATIENCE_MS = 4_000;

export function createCatchUp(needs: CatchUpNeeds): CatchUp {
  const { storage, edges } = needs;
  const stopping = new AbortController();
  const inHand = new Map<string, Promise<void>>();
  let nap = new AbortController();
  let loop: Promise<void> | null = null;

  const poke = () => {
    nap.abort();
  };

  const take = async (): Promise<void> => {
    if (inHand.size >= AT_ONCE || !(await storage.tryLead())) return;
    // Those in hand are due as well.
    const due = await storage.listDueConversations({ now: edges.now(), limit: 2 * AT_ONCE });
    for (const conversation of due) {
      const name = `${conversation.tenantId} ${conversation.conversationId}`;
      if (inHand.has(name) || inHand.size >= AT_ONCE) continue;
      const reading = readOne(conversation, needs, stopping.signal).finally(() => {
        inHand.delete(name);
        poke();
      });
      inHand.set(name, reading);
    }
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      nap = new AbortController();
      try {
        await take();
      } catch (error) {
        edges.log.warn({ code: toEarshotError(error).code }, "what is to be read back cannot be looked up");
      }
      await edges.sleep(LOOK_EVERY_MS, AbortSignal.any([nap.signal, stopping.signal]));
    }
  };

  return {
    start: () => {
      loop = run();
    },
    poke,
    stop: async () => {
      stopping.abort();
      await loop;
      await Promise.race([Promise.all(inHand.values()), edges.sleep(STOP_PATIENCE_MS)]);
    },
  };
}

/** Never throws. */
async function readOne(
  conversation: HeardConversation,
  needs: CatchUpNeeds,
  stopping: AbortSignal,
): Promise<void> {
  const progress = { cursor: conversation.cursor };
  try {
    await read(conversation, progress, needs, stopping);
  } catch (thrown) {
    const error = toEarshotError(thrown);
    await noteFailure({ ...conversation, ...progress }, error, needs).catch(() => {
      // The database is what failed: the conversation is still due.
    });
  }
}

async function read(
  conversation: HeardConversation,
  /** How far it came, for whoever goes on. */
  progress: { cursor: string | null },
  needs: CatchUpNeeds,
  stopping: AbortSignal,
): Promise<void> {
  const { storage, edges } = needs;
  const { tenantId, conversationId, teamId } = conversation;
  const place = parsePlace(conversation.cursor);
  const startedAt = place?.startedAt ?? edges.now();
  const since = readBeginning(conversation, needs);
  let found = 0;
  let link: string | null = null;
  const asked = { teamId, conversationId, since, cursor: place?.link ?? null };
  for await (const page of readConversation(needs.graph(tenantId), asked)) {
    found += await store(page.messages, conversation, since, needs);
    link = page.cursor;
    if (page.isLast) break;
    progress.cursor = link === null ? null : formatPlace({ link, startedAt });
    const { cursor } = progress;
    await storage.saveReading({
      ...{ tenantId, conversationId, cursor, attempts: 0, fault: null },
      dueAt: conversation.dueAt,
    });
    if (stopping.aborted) return;
  }
  if (found > 0 || conversation.gap !== null) {
    const { gap, label } = conversation;
    edges.log.info({ tenantId, label, gap: gap ?? "none", found }, "a conversation was read back");
  }
  const pollMs = await planPoll(conversation, found > 0, storage);
  const jitter = 1 - edges.randomBytes(1).readUInt8() / 2560;
  await storage.finishReading({
    ...{ tenantId, conversationId, openedAt: conversation.openedAt, pollMs },
    heardUntil: Math.min(startedAt, edges.now()) - OVERLAP_MS,
    dueAt: edges.now() + (pollMs ?? Math.round(SWEEP_MS * jitter)),
    // A delta goes on from its own end; without one the next reading begins at the watermark.
    cursor: link === null ? null : formatPlace({ link, startedAt: null }),
  });
}

/** Answers how many of them were not known. */
async function store(
  messages: readonly unknown[],
  conversation: HeardConversation,
  since: number,
  { inbox, seal, trace, edges }: CatchUpNeeds,
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

/** From the watermark on, but no further back than we remember what we handled. */
function readBeginning(conversation: HeardConversation, { edges, rememberedMs }: CatchUpNeeds): number {
  const earliest = edges.now() - rememberedMs + MEMORY_MARGIN_MS;
  const { heardUntil, label, tenantId } = conversation;
  if (heardUntil >= earliest) return heardUntil;
  const instants = { from: new Date(heardUntil).toISOString(), to: new Date(earliest).toISOString() };
  edges.log.warn(
    { tenantId, label, ...instants },
    "what was said in this time is not read back: DONE_RETENTION_HOURS is too short to know what was handled of it",
  );
  return earliest;
}

async function planPoll(
  { tenantId, pollMs }: HeardConversation,
  foundNew: boolean,
  storage: Pick<Storage, "listConversations">,
): Promise<number | null> {
  if (pollMs === null) return null;
  const all = await storage.listConversations({ tenantId });
  const polledInTenant = all.filter((each) => each.pollMs !== null).length;
  return planPollPace({ previousMs: pollMs, foundNew, polledInTenant });
}

async function noteFailure(
  conversation: HeardConversation,
  error: EarshotError,
  { storage, edges }: CatchUpNeeds,
): Promise<void> {
  const { tenantId, conversationId, label, cursor } = conversation;
  const fields = { tenantId, label, code: error.code, reason: error.message };
  if (error.code === "graph-not-found" && conversation.pollMs === null) {
    edges.log.info(fields, "a conversation is gone, and not read back");
    await storage.removeConversations([{ tenantId, conversationId }]);
    return;
  }
  const attempts = conversation.attempts + 1;
  const chance = edges.randomBytes(1).readUInt8() / 256;
  const delayMs =
    error.disposition === "retry" ? planRetryDelay(attempts, error.retryAfterMs, chance) : REFUSED_MS;
  // The same refusal every hour is no news.
  if (attempts === 1) edges.log.warn(fields, "a conversation could not be read back; it is tried again");
  const dueAt = edges.now() + delayMs;
  await storage.saveReading({ tenantId, conversationId, cursor, attempts, fault: error.code, dueAt });
}

/** Where a reading goes on, and when it began; null: another one begins. */
interface ReadingPlace {
  readonly link: string;
  readonly startedAt: number | null;
}

function formatPlace(place: ReadingPlace): string {
  return JSON.stringify(place);
}

/** What cannot be read is not there: the reading begins anew. */
function parsePlace(cursor: string | null): ReadingPlace | null {
  if (cursor === null) return null;
  try {
    const { link, startedAt } = JSON.parse(cursor) as Partial<ReadingPlace>;
    return typeof link === "string"
      ? { link, startedAt: typeof startedAt === "number" ? startedAt : null }
      : null;
  } catch {
    return null;
  }
}
