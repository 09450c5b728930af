/**
 * The story of one message, from the inbox to the thread. Read this first.
 *
 * A notification was received, admitted and stored by `webhook/`, and answered with 202. The worker in `inbox/` has
 * claimed it: of its conversation the earliest, and no other is in hand. What is left are three steps.
 */
import type { Opener } from "./decryptor/opener.ts";
import type { Edges } from "./edges.ts";
import { toEarshotError } from "./errors.ts";
import type { Decision } from "./model/decision.ts";
import type { Message } from "./model/message.ts";
import { formatTraceItem, type Ear, type MessageAddress, type Step, type TraceSink } from "./model/trace.ts";
import type { Deliver } from "./replies/deliver.ts";
import { converse, type ConversationCards, type Status } from "./rules/converse.ts";
import { decide } from "./rules/decide.ts";
import { findSilenceReason, isAddressedToBot } from "./rules/etiquette.ts";
import type { RuleBook } from "./rules/rule-book.ts";
import { UNREADABLE_CODES, type Claim, type Storage } from "./storage/storage.ts";
import { parseTeamsActivity } from "./wire/activity.ts";
import { parseEncryptedContent } from "./wire/change-notification.ts";
import { parseChatMessage } from "./wire/chat-message.ts";
import { parseJson } from "./wire/parse-json.ts";
import { readActivityMessage, readChatMessage } from "./wire/read-message.ts";

export interface PipelineNeeds {
  readonly storage: Pick<Storage, "readLaterChanges">;
  readonly opener: Pick<Opener, "open">;
  readonly ruleBook: RuleBook;
  readonly cards: ConversationCards;
  /** What the bot can say of itself where the message stands. */
  readonly readStatus: (message: Message) => Promise<Status>;
  readonly deliver: Deliver;
  readonly botId: string;
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
    const message = await openNewest(claim, edits, needs.opener);
    trace(claim, "opened");

    const decision = await decideOn(message, claim.ear, needs);
    trace(claim, "decided", decision);

    if (decision.kind === "act") await needs.deliver(message, decision, claim.ear);
  };
}

type Copy = Pick<Claim, "ear" | "sealed">;

/** The message as it was said or, where it was edited before its turn came, as it stands now. */
async function openNewest(
  claim: Claim,
  edits: readonly Copy[],
  opener: Pick<Opener, "open">,
): Promise<Message> {
  let newest = await open(claim, claim.message, opener);
  for (const edit of edits) {
    const edited = await openIfReadable(edit, claim.message, opener);
    if (edited && Number(edited.version) > Number(newest.version)) newest = edited;
  }
  return newest;
}

/** An edit that cannot be read takes nothing from the message that can. */
async function openIfReadable(
  copy: Copy,
  address: MessageAddress,
  opener: Pick<Opener, "open">,
): Promise<Message | null> {
  try {
    return await open(copy, address, opener);
  } catch (error) {
    if (UNREADABLE_CODES.includes(toEarshotError(error).code)) return null;
    throw error;
  }
}

/** Both ears' contents lie sealed in the inbox; what is inside differs. */
async function open(
  { ear, sealed }: Copy,
  address: MessageAddress,
  opener: Pick<Opener, "open">,
): Promise<Message> {
  const text = await opener.open(parseEncryptedContent(parseJson(sealed, "stored content")));
  const content = parseJson(text, "opened content");
  return ear === "graph"
    ? readChatMessage(parseChatMessage(content), address)
    : readActivityMessage(parseTeamsActivity(content));
}

async function decideOn(message: Message, ear: Ear, needs: PipelineNeeds): Promise<Decision> {
  const reason = findSilenceReason(message, { botId: needs.botId, ear });
  if (reason) return { kind: "silent", reason };
  if (isAddressedToBot(message, needs.botId))
    return converse(message, await needs.readStatus(message), needs.cards);
  return decide(message, needs.ruleBook);
}
