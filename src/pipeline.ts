/**
 * The story of one message, from the inbox to the thread. Read this first.
 *
 * A notification was received, admitted and stored by `webhook/`, and answered with 202. The worker in `inbox/` has
 * claimed it: of its conversation the earliest, and no other is in hand. What is left are three steps.
 */
import type { Opener } from "./decryptor/opener.ts";
import type { Edges } from "./edges.ts";
import type { Decision } from "./model/decision.ts";
import type { Message } from "./model/message.ts";
import type { Step, TraceSink } from "./model/trace.ts";
import type { Deliver } from "./replies/deliver.ts";
import { converse, type ConversationCards, type Status } from "./rules/converse.ts";
import { decide } from "./rules/decide.ts";
import { findSilenceReason, isAddressedToBot } from "./rules/etiquette.ts";
import type { RuleBook } from "./rules/rule-book.ts";
import type { Claim } from "./storage/storage.ts";
import { parseTeamsActivity } from "./wire/activity.ts";
import { parseEncryptedContent } from "./wire/change-notification.ts";
import { parseChatMessage } from "./wire/chat-message.ts";
import { parseJson } from "./wire/parse-json.ts";
import { readActivityMessage, readChatMessage } from "./wire/read-message.ts";

export interface PipelineNeeds {
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
      message: claim.message,
      result: decision?.kind === "silent" ? "silent" : "ok",
      ...(decision?.kind === "silent" ? { code: decision.reason } : {}),
      ...(decision?.kind === "act" ? { rule: decision.rule } : {}),
    });
  };

  return async (claim) => {
    const message = await open(claim, needs.opener);
    trace(claim, "opened");

    const decision = await decideOn(message, claim, needs);
    trace(claim, "decided", decision);

    if (decision.kind === "act") await needs.deliver(message, decision, claim.ear);
  };
}

/** Both ears' contents lie sealed in the inbox; what is inside differs. */
async function open(claim: Claim, opener: Pick<Opener, "open">): Promise<Message> {
  const text = await opener.open(parseEncryptedContent(parseJson(claim.sealed, "stored content")));
  const content = parseJson(text, "opened content");
  return claim.ear === "graph"
    ? readChatMessage(parseChatMessage(content), claim.message)
    : readActivityMessage(parseTeamsActivity(content));
}

async function decideOn(
  message: Message,
  { ear, changeType }: Claim,
  needs: PipelineNeeds,
): Promise<Decision> {
  const reason = findSilenceReason(message, { botId: needs.botId, ear, changeType });
  if (reason) return { kind: "silent", reason };
  if (isAddressedToBot(message, needs.botId))
    return converse(message, await needs.readStatus(message), needs.cards);
  return decide(message, needs.ruleBook);
}
