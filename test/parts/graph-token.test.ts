/** With which token Graph is asked, where it refuses the one that we have. */
import assert from "node:assert/strict";
import { parseConfig } from "../../src/config.ts";
import { EarshotError } from "../../src/errors.ts";
import { createGraph, type GraphTenant } from "../../src/graph/graph-client.ts";
import { createQuietEdges } from "./quiet-edges.ts";

const TENANT = "bbbbbbbb-2222-4222-8222-222222222222";

describe("a call to Graph that is refused", () => {
  let sent: string[];
  /** As kept, and as Entra would give it now. */
  let kept: string;
  let young: string;
  let isEntraDown: boolean;
  /** By token, what Graph answers. */
  let answers: Record<string, number>;

  const createTenant = (): GraphTenant => {
    const config = parseConfig({
      ...{ BOT_ID: "b0b0b0b0-1111-4111-8111-000000000001", BOT_PASSWORD: "secret", BOT_TENANT_ID: TENANT },
      ...{ BOT_TYPE: "SingleTenant", BOT_ENDPOINT: "https://bot.example.com", TEAMS_APP_ID: TENANT },
    });
    return createGraph({
      config,
      tokens: {
        readConnectorToken: () => assert.fail("not for Graph"),
        readGraphToken: async (_, { mostAgeMs } = {}) => {
          if (mostAgeMs !== undefined && isEntraDown) {
            throw new EarshotError("token-unavailable", "as planned");
          }
          if (mostAgeMs !== undefined) kept = young;
          return { value: kept, expiresAt: Number.MAX_SAFE_INTEGER };
        },
        forgetGraphToken: () => undefined,
        rejectToken: () => {
          kept = young;
        },
      },
      edges: createQuietEdges({
        fetch: async (_, init) => {
          const token = new Headers(init?.headers).get("authorization")?.replace("Bearer ", "") ?? "";
          sent.push(token);
          return Response.json({ error: { code: "X", message: "x" } }, { status: answers[token] ?? 500 });
        },
      }),
    })(TENANT);
  };
  const ask = (method: "get" | "post") =>
    method === "get" ? createTenant().get("/teams") : createTenant().post("/subscriptions", {});

  beforeEach(() => {
    sent = [];
    [kept, young] = ["old", "new"];
    isEntraDown = false;
    answers = { old: 403, new: 200 };
  });

  it("as 401 is sent again with a new token: that one was withdrawn", async () => {
    answers = { old: 401, new: 200 };
    await ask("get");
    assert.deepEqual(sent, ["old", "new"]);
  });

  it("as 401 is sent again once, and not where there is no other token", async () => {
    answers = { old: 401, new: 401 };
    await assert.rejects(ask("get"), { code: "graph-forbidden" });
    assert.deepEqual(sent, ["old", "new"]);
    [sent, kept, young] = [[], "old", "old"];
    await assert.rejects(ask("get"), { code: "graph-forbidden" });
    assert.deepEqual(sent, ["old"]);
  });

  it("as 403 is asked for with a young token the next time: it may have been consented to since", async () => {
    const graph = createTenant();
    await assert.rejects(graph.get("/teams"), { code: "graph-forbidden" });
    assert.deepEqual(sent, ["old"], "Graph counts how often it is asked");
    await graph.get("/teams?$top=5");
    assert.deepEqual(sent, ["old", "new"]);
  });

  it("as 403 is asked for with the one that is kept where Entra gives no other", async () => {
    isEntraDown = true;
    const graph = createTenant();
    for (let times = 0; times < 2; times += 1) {
      await assert.rejects(graph.get("/teams"), { code: "graph-forbidden" });
    }
    assert.deepEqual(sent, ["old", "old"]);
  });

  it("is asked for with a young one at once where a subscription lives on it", async () => {
    await ask("post");
    assert.deepEqual(sent, ["new"]);
  });

  it("is not sent again where something else is wrong", async () => {
    answers = { old: 404, new: 200 };
    await assert.rejects(ask("get"), { code: "graph-not-found" });
    assert.deepEqual(sent, ["old"]);
  });
});
