/** Bot Framework out: a reply into a conversation, a reaction onto a message. One attempt each; the caller decides on more. */
import {
  CardFactory,
  MessageFactory,
  type Activity,
  type CloudAdapter,
  type ConversationReference,
} from "botbuilder";
import type { ConnectorClient } from "botframework-connector";
import type { Config } from "../config.ts";
import type { Edges } from "../edges.ts";
import type { ReplyContent } from "../model/decision.ts";
import { readThreadId, type Message } from "../model/message.ts";
import type { AppTokens } from "../identity/app-tokens.ts";
import { joinConversationId } from "../wire/activity.ts";
import { SEND_TIMEOUT_MS } from "./plan-look.ts";
import { explainSendFailure, explainSendStatus } from "./send-failure.ts";

export interface Connector {
  /**
   * Into the message's thread; answers the id that Teams gave the reply, null where it told none. Throws the `send-…`
   * and `token-…` errors.
   */
  reply(message: Message, serviceUrl: string, content: ReplyContent): Promise<string | null>;
  /** Onto the message; saying it twice is saying it once. Throws the same. */
  react(message: Message, serviceUrl: string, reaction: string): Promise<void>;
}

export function createConnector(needs: {
  adapter: CloudAdapter;
  config: Config;
  tokens: AppTokens;
  edges: Edges;
}): Connector {
  const { adapter, config, tokens, edges } = needs;
  return {
    reply: async (message, serviceUrl, content) => {
      // First, so that a refused token is known as such and surely nothing was sent.
      const { value: token } = await tokens.readConnectorToken();
      let sentId: string | null = null;
      try {
        await adapter.continueConversationAsync(
          config.bot.id,
          buildReference(message, serviceUrl, config.bot.id),
          async (context) => {
            sendOnce(context.turnState.get(adapter.ConnectorClientKey), edges.timeout(SEND_TIMEOUT_MS));
            // The continuation carries an id made up on the spot, and a reply answers the id of its turn.
            context.activity.id = readThreadId(message);
            const told = await context.sendActivity(buildActivity(content));
            // botbuilder makes up an empty id where Teams told none.
            if (told?.id) sentId = told.id;
          },
        );
      } catch (error) {
        if (isTokenRefused(error)) tokens.rejectToken(token);
        throw explainSendFailure(error, "a reply");
      }
      return sentId;
    },
    react: async (message, serviceUrl, reaction) => {
      const { value: token } = await tokens.readConnectorToken();
      const path = [
        "v3/conversations",
        encodeURIComponent(readConversationId(message)),
        "activities",
        encodeURIComponent(message.messageId),
        "reactions",
        encodeURIComponent(reaction),
      ].join("/");
      try {
        const response = await edges.fetch(`${serviceUrl.replace(/\/+$/, "")}/${path}`, {
          method: "PUT",
          headers: { authorization: `Bearer ${token}` },
          redirect: "error",
          signal: edges.timeout(SEND_TIMEOUT_MS),
        });
        await response.body?.cancel();
        if (response.status === 401) tokens.rejectToken(token);
        if (!response.ok)
          throw explainSendStatus(response.status, response.headers.get("retry-after"), "a reaction");
      } catch (error) {
        throw explainSendFailure(error, "a reaction");
      }
    },
  };
}

/** The next try is made with another. */
function isTokenRefused(error: unknown): boolean {
  return typeof error === "object" && error !== null && "statusCode" in error && error.statusCode === 401;
}

/** Where a reply is sent to: in a channel the thread of the message; a chat has one thread. */
export function readConversationId(message: Message): string {
  return joinConversationId(
    message.conversationId,
    message.place === "channel" ? readThreadId(message) : null,
  );
}

function buildReference(message: Message, serviceUrl: string, botId: string): Partial<ConversationReference> {
  return {
    channelId: "msteams",
    serviceUrl,
    bot: { id: `28:${botId}`, name: "Earshot" },
    conversation: {
      id: readConversationId(message),
      name: "",
      isGroup: message.place !== "personal",
      conversationType: { channel: "channel", chat: "groupChat", personal: "personal" }[message.place],
      tenantId: message.tenantId,
    },
  };
}

function buildActivity(content: ReplyContent): Partial<Activity> {
  if (content.kind === "text") return { ...MessageFactory.text(content.text), textFormat: "plain" };
  return { ...MessageFactory.attachment(CardFactory.adaptiveCard(content.card)), summary: content.summary };
}

/** What we need of the pipeline under botbuilder's client. https://www.npmjs.com/package/@azure/core-rest-pipeline */
interface Pipeline {
  removePolicy(policy: { name: string }): void;
  addPolicy(policy: { name: string; sendRequest: SendRequest }): void;
}
type SendRequest = (
  request: { abortSignal?: AbortSignal },
  next: (request: object) => Promise<object>,
) => Promise<object>;

/**
 * One attempt, and not for ever. The client's own policies send a POST up to four times on 5xx, so that a reply could be
 * said four times, and again wherever a redirect points; and they wait without limit.
 */
function sendOnce(client: ConnectorClient, tooLate: AbortSignal): void {
  const { pipeline } = (client as unknown as { client: { pipeline: Pipeline } }).client;
  pipeline.removePolicy({ name: "defaultRetryPolicy" });
  pipeline.removePolicy({ name: "redirectPolicy" });
  pipeline.addPolicy({
    name: "earshotTimeLimit",
    sendRequest: (request, next) => {
      request.abortSignal = tooLate;
      return next(request);
    },
  });
}
