import type { Edges } from "../edges.ts";
import { EarshotError, toEarshotError } from "../errors.ts";
import type { Action, Decision } from "../model/decision.ts";
import { formatMessageKey, type Message } from "../model/message.ts";
import type { Ear, TraceSink } from "../model/trace.ts";
import type { ActionKey, Storage } from "../storage/storage.ts";
import type { Connector } from "./connector.ts";
import type { Places } from "./places.ts";

export type Deliver = (message: Message, decision: Decision & { kind: "act" }, ear: Ear) => Promise<void>;

/**
 * Does what was decided, action by action, each once: the ledger has it before it is sent. An action that surely was
 * not sent is withdrawn and thrown for another try; a reply whose outcome is unknown is thrown and not sent again. A
 * refusal is final for its action, and the others go on.
 */
export function createDeliver(needs: {
  storage: Storage;
  places: Places;
  connector: Connector;
  trace: TraceSink;
  edges: Edges;
}): Deliver {
  const { storage, places, connector, edges } = needs;

  const send = (message: Message, serviceUrl: string, action: Action): Promise<void> =>
    action.kind === "react"
      ? connector.react(message, serviceUrl, action.reaction)
      : connector.reply(message, serviceUrl, action.content);

  const deliverOne = async (
    message: Message,
    action: Action,
    key: ActionKey,
  ): Promise<"ok" | "duplicate" | "failed"> => {
    // Before the ledger: what fails here was surely not sent.
    const serviceUrl = await places.findServiceUrl(message);
    const known = await storage.beginAction({ ...key, now: edges.now() });
    if (known === "sent" || known === "refused") return "duplicate";
    if (known === "intended" && action.kind === "reply") {
      throw new EarshotError(
        "send-outcome-unknown",
        "a reply was being sent when the program stopped; it may have been sent",
      );
    }
    try {
      await send(message, serviceUrl, action);
    } catch (thrown) {
      const error = toEarshotError(thrown);
      if (error.code === "send-refused") {
        edges.log.warn(
          { code: error.code, message: formatMessageKey(message), reason: error.message },
          "not said",
        );
        await storage.settleAction({ ...key, state: "refused", now: edges.now() });
        return "failed";
      }
      // A reaction is the same said once or twice, so even an unknown outcome may be tried again.
      const isRepeatable = error.disposition === "retry" || action.kind === "react";
      if (!isRepeatable) throw error;
      await storage.withdrawAction(key);
      throw error.disposition === "retry"
        ? error
        : new EarshotError("send-not-sent", error.message, { cause: error });
    }
    await storage.settleAction({ ...key, state: "sent", now: edges.now() });
    return "ok";
  };

  return async (message, decision, ear) => {
    const messageKey = formatMessageKey(message);
    for (const [index, action] of decision.actions.entries()) {
      const key: ActionKey = { messageKey, rule: decision.rule, action: `${index}:${action.kind}` };
      const result = await deliverOne(message, action, key);
      needs.trace({
        step: "replied",
        at: new Date(edges.now()).toISOString(),
        ear,
        message: readAddress(message),
        result,
        rule: decision.rule,
        action: action.kind === "react" ? action.reaction : "reply",
      });
    }
  };
}

function readAddress({ tenantId, conversationId, replyToId, messageId }: Message) {
  return { tenantId, conversationId, replyToId, messageId };
}
