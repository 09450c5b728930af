import type { Edges } from "../edges.ts";
import { EarshotError, toEarshotError, type ErrorCode } from "../errors.ts";
import type { Action, Decision, ReplyContent } from "../model/decision.ts";
import { formatMessageKey, type Message } from "../model/message.ts";
import type { Ear, TraceSink } from "../model/trace.ts";
import type { ActionKey, LedgerEntry, Storage } from "../storage/storage.ts";
import { readConversationId, type Connector } from "./connector.ts";
import type { FindSaid } from "./find-said.ts";
import { planLook, READABLE_AFTER_SILENCE_MS } from "./plan-look.ts";
import type { Places } from "./places.ts";
import type { SendBudget } from "./send-budget.ts";

export type Deliver = (message: Message, decision: Decision & { kind: "act" }, ear: Ear) => Promise<void>;

/** Whatever else goes wrong with a reply, foreseen or not: it may have been sent. */
const SURELY_NOT_SENT: readonly ErrorCode[] = [
  "send-throttled",
  "send-not-sent",
  "token-refused",
  "token-unavailable",
];
/** The other side says how long to wait, and is not asked for anything sooner. */
const THROTTLED: readonly ErrorCode[] = ["send-throttled", "graph-throttled"];
/** Actions at most that are remembered as done, of messages that are not; thousands of messages. */
const MOST_REMEMBERED = 10_000;

interface Outcome {
  readonly result: "ok" | "duplicate" | "failed";
  readonly code?: string;
}

/**
 * Does what was decided, action by action, each once: the ledger has it before it is sent. What surely was not sent is
 * withdrawn and may be tried again. A reply whose outcome is unknown is looked for in the thread before it is sent
 * again. A refusal is final for its action. An action that has to wait keeps no other from being done, but no reply
 * overtakes an earlier one of the message; then one failure is thrown, and the next try does what is left.
 */
export function createDeliver(needs: {
  storage: Pick<Storage, "beginAction" | "settleAction" | "withdrawAction">;
  places: Pick<Places, "findServiceUrl">;
  connector: Connector;
  findSaid: FindSaid;
  budget: Pick<SendBudget, "reserve" | "release">;
  trace: TraceSink;
  edges: Pick<Edges, "now" | "log">;
}): Deliver {
  const { storage, connector, budget, edges } = needs;
  const memory = createMemory(MOST_REMEMBERED);

  const begin = (key: ActionKey) => storage.beginAction({ ...key, now: edges.now() });
  const settle = (key: ActionKey, state: "sent" | "refused" | "unknown", sentId: string | null = null) =>
    storage.settleAction({ ...key, state, sentId, now: edges.now() });

  /** Throws `send-deferred` where Teams' limits want us to wait. */
  const awaitTurn = (message: Message, { kind }: Action, name: string): void => {
    const waitMs = budget.reserve({
      kind,
      tenantId: message.tenantId,
      threadId: readConversationId(message),
      key: name,
    });
    if (waitMs === 0) return;
    throw new EarshotError("send-deferred", "Teams' limits on sending want us to wait", {
      retryAfterMs: waitMs,
    });
  };

  /** Null: it is not in the thread, and may be sent. */
  const lookForReply = (message: Message, content: ReplyContent, entry: LedgerEntry) => {
    const waitMs = planLook(entry) - edges.now();
    if (waitMs <= 0) return needs.findSaid(message, content, entry.intendedAt);
    throw new EarshotError("send-deferred", "a reply may have been sent; the thread is read soon", {
      retryAfterMs: waitMs,
    });
  };

  /** Writes the intention. Where there is nothing to send any more, answers why. */
  const intend = async (message: Message, action: Action, key: ActionKey): Promise<Outcome | null> => {
    const entry = await begin(key);
    if (entry?.state === "sent" || entry?.state === "refused") return { result: "duplicate" };
    // A reaction is the same said once or twice.
    if (entry === null || action.kind === "react") return null;
    const sentId = await lookForReply(message, action.content, entry);
    if (sentId !== null) {
      await settle(key, "sent", sentId);
      return { result: "ok", code: "found-in-thread" };
    }
    // Intended anew: should this send fail too, its own time counts.
    await storage.withdrawAction(key);
    if ((await begin(key)) === null) return null;
    throw new EarshotError("send-outcome-unknown", "a reply is being sent by another at this moment", {
      retryAfterMs: READABLE_AFTER_SILENCE_MS,
    });
  };

  const send = (message: Message, serviceUrl: string, action: Action): Promise<string | null> =>
    action.kind === "react"
      ? connector.react(message, serviceUrl, action.reaction).then(() => null)
      : connector.reply(message, serviceUrl, action.content);

  const settleFailure = async (
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
    if (SURELY_NOT_SENT.includes(error.code) || action.kind === "react") {
      await storage.withdrawAction(key);
      throw error;
    }
    await settle(key, "unknown");
    throw new EarshotError("send-outcome-unknown", error.message, {
      cause: error,
      retryAfterMs: error.retryAfterMs ?? READABLE_AFTER_SILENCE_MS,
    });
  };

  const deliverOne = async (
    message: Message,
    serviceUrl: string,
    action: Action,
    key: ActionKey,
    name: string,
  ): Promise<Outcome> => {
    awaitTurn(message, action, name);
    const outcome = await intend(message, action, key).catch((error: unknown) => {
      budget.release(name);
      throw error;
    });
    if (outcome) {
      budget.release(name);
      return outcome;
    }
    let sentId: string | null;
    try {
      sentId = await send(message, serviceUrl, action);
    } catch (thrown) {
      return settleFailure(message, action, key, toEarshotError(thrown));
    }
    await settle(key, "sent", sentId);
    return { result: "ok" };
  };

  return async (message, decision, ear) => {
    const messageKey = formatMessageKey(message);
    const { tenantId, conversationId, replyToId, messageId } = message;
    const serviceUrl = await needs.places.findServiceUrl(message);
    const done: string[] = [];
    const failures: EarshotError[] = [];
    let isReplyWaiting = false;
    for (const [index, action] of decision.actions.entries()) {
      if (action.kind === "reply" && isReplyWaiting) continue;
      const key: ActionKey = { messageKey, rule: decision.rule, action: `${index}:${action.kind}` };
      const name = `${key.messageKey}|${key.rule}|${key.action}`;
      try {
        const outcome: Outcome = memory.has(name)
          ? { result: "duplicate" }
          : await deliverOne(message, serviceUrl, action, key, name);
        done.push(name);
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
        failures.push(toEarshotError(error));
        isReplyWaiting ||= action.kind === "reply";
      }
    }
    const failure = chooseFailure(failures);
    if (!failure) {
      memory.forget(done);
      return;
    }
    memory.add(done);
    throw failure;
  };
}

/**
 * What can be tried again comes before what parks: all that can be done is done before a message is set aside. Of
 * these the soonest, since each action minds its own time; but where the other side told how long to wait, no sooner.
 */
function chooseFailure(failures: readonly EarshotError[]): EarshotError | undefined {
  const soonestFirst = failures
    .filter(({ disposition }) => disposition === "retry")
    .toSorted((one, other) => (one.retryAfterMs ?? 0) - (other.retryAfterMs ?? 0));
  return soonestFirst.findLast(({ code }) => THROTTLED.includes(code)) ?? soonestFirst[0] ?? failures[0];
}

/**
 * The actions done of messages that have to be tried again: these take no turn a second time. The ledger knows them
 * too, but cannot be asked without writing; what is lost here costs a wait, and nothing is done twice.
 */
function createMemory(most: number) {
  const names = new Set<string>();
  return {
    has: (name: string) => names.has(name),
    add: (done: readonly string[]) => {
      for (const name of done) names.add(name);
      for (const oldest of names) {
        if (names.size <= most) break;
        names.delete(oldest);
      }
    },
    forget: (done: readonly string[]) => {
      for (const name of done) names.delete(name);
    },
  };
}
