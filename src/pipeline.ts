/**
 * The story of one message, from the inbox to the thread. Read this first.
 *
 * A notification was received, admitted and stored by `webhook/`, and answered with 202. The worker in `inbox/` has
 * claimed it: of its conversation the earliest, and no other is in hand. What is left are three steps.
 */
import type { Opener } from "./decryptor/opener.ts";
import type { Edges } from "./edges.ts";
import { toEarshotError } from "./errors.ts";
import { readStoredContent } from "./inbox/stored-content.ts";
import type { Decision } from "./model/decision.ts";
import type { Message } from "./model/message.ts";
import { formatTraceItem, type MessageAddress, type Step, type TraceSink } from "./model/trace.ts";
import type { Deliver } from "./replies/deliver.ts";
import { converse, type ConversationCards, type Status } from "./rules/converse.ts";
import { decide } from "./rules/decide.ts";
import { findSilenceReason, isAddressedToBot } from "./rules/etiquette.ts";
import type { RuleBook } from "./rules/rule-book.ts";
import { UNREADABLE_CODES, type Claim, type Storage } from "./storage/storage.ts";
import { parseTeamsActivity } from "./wire/activity.ts";
import { parseChatMessage } from "./wire/chat-message.ts";
import { parseJson } from "./wire/parse-json.ts";
import { readActivityMessage, readChatMessage } from "./wire/read-message.ts";

export interface PipelineNeeds {
  readonly storage: Pick<Storage, "readLaterChanges">;
  readonly opener: Pick<Opener, "open">;
  /** Graph's chatMessage at a path, as it stands now. Throws the `graph-…` and `token-…` errors. */
  readonly fetchMessage: (tenantId: string, path: string) => Promise<unknown>;
  readonly ruleBook: RuleBook;
  readonly cards: ConversationCards;
  /** What the bot can say of itself where the message stands. */
  readonly readStatus: (message: Message) => Promise<Status>;
  readonly deliver: Deliver;
  readonly botId: string;
  /** What was older when it was received is heard, and not answered. */
  readonly answerWithinMs: number;
  readonly trace: TraceSink;
  readonly edges: Pick<Edges, "now">;
}

/** Throws an error whose disposition says what becomes of the claim: tried again, or parked. */
export function createPipeline(needs: PipelineNeeds): (claim: Claim) => Promise<void> {
  const trace = (claim: Claim, step: Step, decision?: Decision) => {
    needs.trace({
      step,
      at: new Date(needs.edges.now()).toISOString(),
      ear: claim.ear,
      ...formatTraceItem(claim),
      result: decision?.kind === "silent" ? "silent" : "ok",
      ...(decision?.kind === "silent" ? { code: decision.reason } : {}),
      ...(decision?.kind === "act" ? { rule: decision.rule } : {}),
    });
  };

  return async (claim) => {
    // Edits and deletions are heard for the sake of the message they change, while it waits for its answer.
    if (claim.changeType !== "created") {
      const reason = claim.changeType === "deleted" ? "deleted" : "not-new";
      trace(claim, "decided", { kind: "silent", reason });
      return;
    }
    const { isDeleted, edits } = await needs.storage.readLaterChanges(claim.message);
    if (isDeleted) {
      trace(claim, "decided", { kind: "silent", reason: "deleted" });
      return;
    }
    const message = await openNewest(claim, edits, needs);
    if (message === null) {
      trace(claim, "decided", { kind: "silent", reason: "deleted" });
      return;
    }
    trace(claim, "opened");

    const decision = await decideOn(message, claim, needs);
    trace(claim, "decided", decision);

    if (decision.kind === "act") await needs.deliver(message, decision, claim.ear);
  };
}

type Copy = Pick<Claim, "ear" | "sealed">;
type OpenNeeds = Pick<PipelineNeeds, "opener" | "fetchMessage">;

/** The message as it was said or, where it was edited before its turn came, as it stands now; null: it is gone. */
async function openNewest(claim: Claim, edits: readonly Copy[], needs: OpenNeeds): Promise<Message | null> {
  let newest = await open(claim, claim.message, needs);
  for (const edit of edits) {
    const edited = await openIfReadable(edit, claim.message, needs);
    if (newest && edited && Number(edited.version) > Number(newest.version)) newest = edited;
  }
  return newest;
}

/** An edit that cannot be read takes nothing from the message that can. */
async function openIfReadable(
  copy: Copy,
  address: MessageAddress,
  needs: OpenNeeds,
): Promise<Message | null> {
  try {
    return await open(copy, address, needs);
  } catch (error) {
    if (UNREADABLE_CODES.includes(toEarshotError(error).code)) return null;
    throw error;
  }
}

/** Both ears' contents lie sealed in the inbox; what is inside differs. */
async function open(
  { ear, sealed }: Copy,
  address: MessageAddress,
  { opener, fetchMessage }: OpenNeeds,
): Promise<Message | null> {
  const stored = readStoredContent(sealed);
  if (stored.kind === "fetch") {
    const found = await unlessGone(fetchMessage(address.tenantId, stored.path));
    return found === null ? null : readChatMessage(parseChatMessage(found), address);
  }
  const content = parseJson(await opener.open(stored.content), "opened content");
  return ear === "graph"
    ? readChatMessage(parseChatMessage(content), address)
    : readActivityMessage(parseTeamsActivity(content));
}

/** What is not there any more was taken back before its turn came. */
async function unlessGone(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    if (toEarshotError(error).code === "graph-not-found") return null;
    throw error;
  }
}

async function decideOn(message: Message, claim: Claim, needs: PipelineNeeds): Promise<Decision> {
  const { botId, answerWithinMs } = needs;
  const { ear, receivedAt } = claim;
  const reason = findSilenceReason(message, { botId, ear, receivedAt, answerWithinMs });
  if (reason) return { kind: "silent", reason };
  if (isAddressedToBot(message, needs.botId))
    return converse(message, await needs.readStatus(message), needs.cards);
  return decide(message, needs.ruleBook);
}
