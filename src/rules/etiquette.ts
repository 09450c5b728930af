import type { SilenceReason } from "../model/decision.ts";
import type { Message } from "../model/message.ts";
import type { Ear } from "../model/trace.ts";

export interface HeardHow {
  readonly botId: string;
  readonly ear: Ear;
  /** Epoch ms. */
  readonly receivedAt: number;
  readonly answerWithinMs: number;
}

/** Why nothing may answer this message, whatever the rules say; null where they may be asked. */
export function findSilenceReason(message: Message, context: HeardHow): SilenceReason | null {
  if (message.kind === "system") return "system-event";
  if (message.sender.kind === "bot")
    return message.sender.id === context.botId ? "own-message" : "from-a-bot";
  if (message.isDeleted) return "deleted";
  if (message.sender.kind === "unknown") return "no-sender";
  // Every message of a personal chat reaches the bot by Bot Framework, under that side's conversation id.
  if (message.place === "personal" && context.ear === "graph") return "personal-chat";
  // When it was heard, not when its turn came: what an operator brings back is answered.
  const saidAt = Date.parse(message.createdAt);
  const isKnown = saidAt > 0; // An id that tells no time leaves 1970.
  if (isKnown && context.receivedAt - saidAt > context.answerWithinMs) return "too-old";
  return null;
}

/** Said to the bot: in a talk between two, or by mentioning it. */
export function isAddressedToBot(message: Message, botId: string): boolean {
  return (
    message.place === "personal" || message.mentions.some(({ kind, id }) => kind === "bot" && id === botId)
  );
}
