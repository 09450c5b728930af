/** Replies and reactions as they go over the wire: botbuilder's real client against a real server. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { parseConfig } from "../../src/config.ts";
import type { Edges } from "../../src/edges.ts";
import { findFreePort } from "../../src/emulator/find-free-port.ts";
import type { AppTokens } from "../../src/identity/app-tokens.ts";
import { createBotAdapter } from "../../src/replies/bot-adapter.ts";
import { createConnector, type Connector } from "../../src/replies/connector.ts";
import { createQuietEdges } from "./quiet-edges.ts";
import { say } from "./said.ts";

const BOT_ID = "b07b07b0-0000-4000-8000-0000000000b0";
const TEXT = { kind: "text", text: "Hello" } as const;

describe("the connector", () => {
  let server: Server;
  let serviceUrl: string;
  let connector: Connector;
  /** Tokens that are said to be good for nothing. */
  let rejected: string[];
  let requests: { method: string; url: string; authorization: string }[];
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let timeoutMs: number;

  before(async () => {
    server = createServer((request, response) => {
      const { method = "", url = "", headers } = request;
      requests.push({ method, url, authorization: headers.authorization ?? "" });
      request.resume().on("end", () => {
        answer(request, response);
      });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    serviceUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/amer/`;
    const edges: Edges = {
      ...createQuietEdges(),
      timeout: (ms) => {
        assert.equal(ms, 10_000);
        return AbortSignal.timeout(timeoutMs);
      },
    };
    const config = parseConfig({
      BOT_ID,
      BOT_PASSWORD: "secret",
      BOT_TENANT_ID: BOT_ID,
      TEAMS_APP_ID: BOT_ID,
      BOT_ENDPOINT: "https://bot.example.com",
    });
    const token = { value: "the-token", expiresAt: 0 };
    const tokens: AppTokens = {
      ...{ readConnectorToken: async () => token, readGraphToken: async () => token },
      forgetGraphToken: () => undefined,
      rejectToken: (value) => void rejected.push(value),
    };
    connector = createConnector({ adapter: createBotAdapter({ config, tokens }), config, tokens, edges });
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  beforeEach(() => {
    requests = [];
    rejected = [];
    timeoutMs = 10_000;
    answer = (_request, response) => {
      response.writeHead(201, { "content-type": "application/json" });
      response.end('{"id":"1"}');
    };
  });

  const inChannel = say("hi", {
    place: "channel",
    conversationId: "19:abc@thread.tacv2",
    replyToId: "1700000000000",
    messageId: "1700000000001",
  });
  const ways: [what: string, method: string, send: () => Promise<unknown>][] = [
    ["reply", "POST", () => connector.reply(inChannel, serviceUrl, TEXT)],
    ["reaction", "PUT", () => connector.react(inChannel, serviceUrl, "like")],
  ];

  it("sends a reply into the message's thread, and a reaction onto the message, with our token", async () => {
    const told = [];
    for (const [, , send] of ways) told.push(await send());
    assert.deepEqual(told, ["1", undefined], "a reply tells the id that Teams gave it");
    const thread = "/amer/v3/conversations/19%3Aabc%40thread.tacv2%3Bmessageid%3D1700000000000/activities";
    assert.deepEqual(requests, [
      { method: "POST", url: `${thread}/1700000000000`, authorization: "Bearer the-token" },
      { method: "PUT", url: `${thread}/1700000000001/reactions/like`, authorization: "Bearer the-token" },
    ]);
  });

  for (const [what, method, send] of ways) {
    for (const [status, code] of [
      [500, "send-outcome-unknown"],
      [502, "send-outcome-unknown"],
      [503, "send-outcome-unknown"],
      [504, "send-outcome-unknown"],
      [429, "send-throttled"],
      [412, "send-throttled"],
      [401, "send-not-sent"],
      [403, "send-refused"],
      [404, "send-refused"],
    ] as const) {
      it(`tries a ${what} once and no more: ${status}`, async () => {
        answer = (_request, response) => {
          response.writeHead(status, { "retry-after": "0" });
          response.end();
        };
        await assert.rejects(send(), { code });
        assert.deepEqual(
          requests.map((request) => request.method),
          [method],
        );
        assert.deepEqual(rejected, status === 401 ? ["the-token"] : []);
      });
    }

    it(`tries a ${what} once and no more: the connection is cut`, async () => {
      answer = (request) => {
        request.socket.destroy();
      };
      await assert.rejects(send(), { code: "send-outcome-unknown" });
      assert.equal(requests.length, 1);
    });

    it(`does not wait for ever on a ${what} that nobody answers`, async () => {
      timeoutMs = 50;
      answer = () => undefined;
      await assert.rejects(send(), { code: "send-outcome-unknown" });
      assert.equal(requests.length, 1);
    });
  }

  it("takes no token elsewhere after a redirect", async () => {
    answer = (request, response) => {
      response.writeHead(request.url?.startsWith("/elsewhere") ? 200 : 307, { location: "/elsewhere" });
      response.end();
    };
    await assert.rejects(connector.react(inChannel, serviceUrl, "like"));
    assert.equal(requests.length, 1);
  });

  it("knows that nothing was sent where nobody listens", async () => {
    const nobody = `http://127.0.0.1:${await findFreePort()}/`;
    for (const send of [
      () => connector.reply(inChannel, nobody, TEXT),
      () => connector.react(inChannel, nobody, "like"),
    ]) {
      await assert.rejects(send(), { code: "send-not-sent" });
    }
  });
});
