import type { Edges } from "../edges.ts";
import { EarshotError, toEarshotError, type ErrorCode } from "../errors.ts";
import type { Action, Decision, ReplyContent } from "../model/decision.ts";
import { formatMessageKey, type Message } from "../model/message.ts";
import type { Ear, TraceSink } from "../model/trace.ts";
import type { ActionKey, LedgerEntry, Storage } from "../storage/storage.ts";
import { readConversationId, type Connector } from "./connector.ts";
import type { FindSaid } from "./find-said.ts";
import type { Places } from "./places.ts";
import type { SendBudget } from "./send-budget.ts";

export type Deliver = (message: Message, decision: Decision & { kind: "act" }, ear: Ear) => Promise<void>;

/** After Teams answered with a failure, and after it did not answer: by then a reply that it took can be read. */
const READABLE_AFTER_ANSWER_MS = 2_000;
/** After we died while sending: a send takes at most ten seconds, and what it left is readable some seconds later. */
const READABLE_AFTER_DEATH_MS = 15_000;

/** Whatever else goes wrong with a reply, foreseen or not: it may have been sent. */
const SURELY_NOT_SENT: readonly ErrorCode[] = [
  "send-throttled",
  "send-not-sent",
  "token-refused",
  "token-unavailable",
];

interface Outcome {
  readonly result: "ok" | "duplicate" | "failed";
  readonly code?: string;
}

/**
 * Does what was decided, action by action, each once: the ledger has it before it is sent. What surely was not sent is
 * withdrawn and may be tried again. A reply whose outcome is unknown is looked for in the thread before it is sent
 * again. A refusal is final for its action. An action that has to wait keeps no other from being done, but replies
 * stay in their order; then the first failure is thrown, and the next try does what is left.
 */
export function createDeliver(needs: {
  storage: Pick<Storage, "beginAction" | "settleAction" | "withdrawAction">;
  places: Pick<Places, "findServiceUrl">;
  connector: Connector;
  findSaid: FindSaid;
  budget: SendBudget;
  trace: TraceSink;
  edges: Pick<Edges, "now" | "log">;
}): Deliver {
  const { storage, connector, budget, edges } = needs;

  const settle = (key: ActionKey, state: "sent" | "refused" | "unknown", sentId: string | null = null) =>
    storage.settleAction({ ...key, state, sentId, now: edges.now() });

  /** Throws `send-deferred` where Teams' limits want us to wait. */
  const awaitTurn = (message: Message, action: Action, key: ActionKey): void => {
    const waitMs = budget.reserve({
      kind: action.kind,
      tenantId: message.tenantId,
      threadId: readConversationId(message),
      key: `${key.messageKey}|${key.rule}|${key.action}`,
    });
    if (waitMs > 0) {
      throw new EarshotError("send-deferred", "Teams' limits on sending want us to wait", {
        retryAfterMs: waitMs,
      });
    }
  };

  const send = (message: Message, serviceUrl: string, action: Action): Promise<string | null> =>
    action.kind === "react"
      ? connector.react(message, serviceUrl, action.reaction).then(() => null)
      : connector.reply(message, serviceUrl, action.content);

  const sendAndSettle = async (
    message: Message,
    serviceUrl: string,
    action: Action,
    key: ActionKey,
  ): Promise<Outcome> => {
    let sentId: string | null;
    try {
      sentId = await send(message, serviceUrl, action);
    } catch (thrown) {
      return explainFailure(message, action, key, toEarshotError(thrown));
    }
    await settle(key, "sent", sentId);
    return { result: "ok" };
  };

  const explainFailure = async (
    message: Message,
    action: Action,
    key: ActionKey,
    error: EarshotError,
  ): Promise<Outcome> => {
    if (error.code === "send-refused") {
      const fields = { code: error.code, message: formatMessageKey(message), reason: error.message };
      edges.log.warn(fields, "not said");
      await settle(key, "refused");
      return { result: "failed", code: error.code };
    }
    // A reaction is the same said once or twice.
    if (SURELY_NOT_SENT.includes(error.code) || action.kind === "react") {
      await storage.withdrawAction(key);
      throw error;
    }
    await settle(key, "unknown");
    throw new EarshotError("send-outcome-unknown", error.message, {
      cause: error,
      retryAfterMs: READABLE_AFTER_ANSWER_MS,
    });
  };

  /** Null: it is not in the thread, and may be sent. */
  const lookForReply = async (
    message: Message,
    content: ReplyContent,
    entry: LedgerEntry,
  ): Promise<string | null> => {
    const readableAt =
      entry.state === "unknown"
        ? (entry.settledAt ?? 0) + READABLE_AFTER_ANSWER_MS
        : entry.intendedAt + READABLE_AFTER_DEATH_MS;
    const waitMs = readableAt - edges.now();
    if (waitMs > 0) {
      throw new EarshotError("send-outcome-unknown", "a reply may have been sent; the thread is read soon", {
        retryAfterMs: waitMs,
      });
    }
    return needs.findSaid(message, content, entry.intendedAt);
  };

  const deliverOne = async (
    message: Message,
    serviceUrl: string,
    action: Action,
    key: ActionKey,
  ): Promise<Outcome> => {
    const entry = await storage.beginAction({ ...key, now: edges.now() });
    if (entry?.state === "sent" || entry?.state === "refused") return { result: "duplicate" };
    if (entry && action.kind === "reply") {
      const sentId = await lookForReply(message, action.content, entry);
      if (sentId !== null) {
        await settle(key, "sent", sentId);
        return { result: "ok", code: "found-in-thread" };
      }
      awaitTurn(message, action, key);
      // Intended anew: should this one fail too, its own time counts.
      await storage.withdrawAction(key);
      await storage.beginAction({ ...key, now: edges.now() });
    } else {
      try {
        awaitTurn(message, action, key);
      } catch (error) {
        await storage.withdrawAction(key);
        throw error;
      }
    }
    return sendAndSettle(message, serviceUrl, action, key);
  };

  return async (message, decision, ear) => {
    const messageKey = formatMessageKey(message);
    const { tenantId, conversationId, replyToId, messageId } = message;
    const serviceUrl = await needs.places.findServiceUrl(message);
    const failures = new Map<Action["kind"], EarshotError>();
    for (const [index, action] of decision.actions.entries()) {
      if (failures.has(action.kind)) continue;
      const key: ActionKey = { messageKey, rule: decision.rule, action: `${index}:${action.kind}` };
      try {
        const outcome = await deliverOne(message, serviceUrl, action, key);
        needs.trace({
          step: "replied",
          at: new Date(edges.now()).toISOString(),
          ear,
          message: { tenantId, conversationId, replyToId, messageId },
          ...outcome,
          rule: decision.rule,
          action: action.kind === "react" ? action.reaction : "reply",
        });
      } catch (error) {
        failures.set(action.kind, toEarshotError(error));
      }
    }
    const [failure] = [...failures.values()].toSorted(byUrgency);
    if (failure) throw failure;
  };
}

/** What parks comes last: what can still be done is done before the message is set aside. Then the shorter wait. */
function byUrgency(one: EarshotError, other: EarshotError): number {
  const rank = ({ disposition }: EarshotError) => (disposition === "retry" ? 0 : 1);
  return rank(one) - rank(other) || (one.retryAfterMs ?? 0) - (other.retryAfterMs ?? 0);
}
