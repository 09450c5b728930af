import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { CLOUDS } from "../../src/cloud.ts";
import { EarshotError, type ErrorCode } from "../../src/errors.ts";
import type { Action, Decision } from "../../src/model/decision.ts";
import type { Message } from "../../src/model/message.ts";
import type { Trace } from "../../src/model/trace.ts";
import { createDeliver, type Deliver } from "../../src/replies/deliver.ts";
import { createPlaces } from "../../src/replies/places.ts";
import { openSqlite } from "../../src/storage/sqlite/open-sqlite.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { failOnLeaks } from "./leak-watch.ts";
import { createQuietEdges } from "./quiet-edges.ts";
import { useTemporaryFolder } from "./temporary-folder.ts";

const MESSAGE: Message = {
  ...{ tenantId: "tenant", conversationId: "19:a@thread.tacv2", replyToId: null, messageId: "1700000000001" },
  ...{ place: "channel", version: "1700000000001", kind: "message", mentions: [], isDeleted: false },
  ...{ text: "the wifi is down", createdAt: "2023-11-14T22:13:20.001Z" },
  sender: { kind: "person", id: "ada", name: "Ada" },
};
const react = (reaction: string): Action => ({ kind: "react", reaction });
const reply = (text: string): Action => ({ kind: "reply", content: { kind: "text", text } });
const act = (...actions: Action[]): Decision & { kind: "act" } => ({ kind: "act", rule: "outage", actions });
const BOTH = act(react("like"), reply("on it"));
const SERVICE_URL = "https://smba.trafficmanager.net/emea/";

describe("delivery by the ledger", () => {
  failOnLeaks();
  const pathOf = useTemporaryFolder();
  let storage: Storage;
  let deliver: Deliver;
  /** What reached the other side, and what it will answer to the next sends: an error, or null for well. */
  let sent: string[];
  let answers: (Error | null)[];
  let traces: Trace[];

  const start = async () => {
    storage = await openSqlite(pathOf("earshot.db"));
    const answer = (what: string) => {
      sent.push(what);
      const error = answers.shift();
      if (error) throw error;
    };
    deliver = createDeliver({
      storage,
      places: createPlaces({ storage, cloud: CLOUDS.global }),
      connector: {
        reply: async (_message, serviceUrl, content) => {
          answer(`${content.kind === "text" ? content.text : "card"} → ${serviceUrl}`);
        },
        react: async (_message, serviceUrl, reaction) => {
          answer(`${reaction} → ${serviceUrl}`);
        },
      },
      trace: (trace) => void traces.push(trace),
      edges: createQuietEdges({ now: () => 1_000 }),
    });
  };
  beforeEach(async () => {
    [sent, answers, traces] = [[], [], []];
    await start();
    const place = { tenantId: "tenant", placeId: MESSAGE.conversationId, teamId: "team", name: "Ops" };
    await storage.savePlace({ ...place, kind: "team", serviceUrl: SERVICE_URL, seenAt: 1 });
  });
  afterEach(() => storage.close());

  const run = (decision = BOTH, message = MESSAGE) => deliver(message, decision, "graph");
  const failWith = (code: ErrorCode, retryAfterMs?: number) => {
    answers.push(new EarshotError(code, "as it was answered", { ...(retryAfterMs ? { retryAfterMs } : {}) }));
  };
  const to = (...what: string[]) => what.map((one) => `${one} → ${SERVICE_URL}`);
  const results = () => traces.map(({ action, result }) => `${action}: ${result}`);
  const readLedger = () => {
    const database = new DatabaseSync(pathOf("earshot.db"), { readOnly: true });
    try {
      return database
        .prepare("SELECT action, state FROM ledger ORDER BY action")
        .all()
        .map(({ action, state }) => `${String(action)} ${String(state)}`);
    } finally {
      database.close();
    }
  };

  it("does each action once, in order, and says so", async () => {
    await run();
    assert.deepEqual(sent, to("like", "on it"));
    assert.deepEqual(readLedger(), ["0:react sent", "1:reply sent"]);
    assert.deepEqual(
      traces.map(({ step, at, ear, rule, message, ...rest }) => [
        step,
        at,
        ear,
        rule,
        message?.messageId,
        rest,
      ]),
      [
        [
          "replied",
          "1970-01-01T00:00:01.000Z",
          "graph",
          "outage",
          MESSAGE.messageId,
          { result: "ok", action: "like" },
        ],
        [
          "replied",
          "1970-01-01T00:00:01.000Z",
          "graph",
          "outage",
          MESSAGE.messageId,
          { result: "ok", action: "reply" },
        ],
      ],
    );
    assert.doesNotMatch(JSON.stringify(traces), /wifi|on it|Ada/);
  });

  it("sends nothing the second time", async () => {
    await run();
    await run();
    assert.deepEqual(sent, to("like", "on it"));
    assert.deepEqual(results(), ["like: ok", "reply: ok", "like: duplicate", "reply: duplicate"]);
  });

  it("sends a reply once though two deliver it at the same time", async () => {
    const decision = act(reply("on it"));
    const outcomes = await Promise.allSettled([run(decision), run(decision)]);
    assert.deepEqual(sent, to("on it"));
    assert.deepEqual(readLedger(), ["0:reply sent"]);
    for (const outcome of outcomes) {
      if (outcome.status === "rejected")
        assert.equal((outcome.reason as EarshotError).code, "send-outcome-unknown");
    }
  });

  for (const [title, decision, message] of [
    ["another message", BOTH, { ...MESSAGE, messageId: "1700000000002" }],
    ["the same id in another thread", BOTH, { ...MESSAGE, replyToId: "1600000000000" }],
    ["the same id in another conversation", BOTH, { ...MESSAGE, conversationId: "19:b@thread.tacv2" }],
    ["the same message by another rule", { ...BOTH, rule: "other" }, MESSAGE],
  ] as const) {
    it(`acts on ${title} as well`, async () => {
      await run();
      await run(decision, message);
      assert.equal(sent.length, 4);
    });
  }

  it("tells two replies of one rule apart", async () => {
    await run(act(reply("one"), reply("two")));
    assert.deepEqual(sent, to("one", "two"));
    assert.deepEqual(readLedger(), ["0:reply sent", "1:reply sent"]);
  });

  for (const code of ["send-throttled", "send-not-sent", "token-refused", "token-unavailable"] as const) {
    for (const [index, action] of [
      [0, react("like")],
      [1, reply("on it")],
    ] as const) {
      it(`takes back a ${action.kind} that was surely not sent (${code}), and sends it at the next try`, async () => {
        if (index === 1) answers.push(null);
        failWith(code, 7_000);
        await assert.rejects(run(), { code, disposition: "retry", retryAfterMs: 7_000 });
        assert.deepEqual(readLedger(), index === 0 ? [] : ["0:react sent"]);
        await run();
        assert.deepEqual(readLedger(), ["0:react sent", "1:reply sent"]);
        assert.equal(sent.filter((what) => what === to("like")[0]).length, index === 0 ? 2 : 1);
        assert.equal(sent.filter((what) => what === to("on it")[0]).length, index === 0 ? 1 : 2);
      });
    }
  }

  it("takes a refusal as final, and goes on with the rest", async () => {
    failWith("send-refused");
    await run();
    assert.deepEqual(readLedger(), ["0:react refused", "1:reply sent"]);
    await run();
    assert.deepEqual(sent, to("like", "on it"));
    assert.deepEqual(results(), ["like: failed", "reply: ok", "like: duplicate", "reply: duplicate"]);
  });

  it("never sends a reply again whose outcome is unknown", async () => {
    failWith("send-outcome-unknown");
    const decision = act(reply("on it"));
    await assert.rejects(run(decision), { code: "send-outcome-unknown", disposition: "park" });
    assert.deepEqual(readLedger(), ["0:reply intended"]);
    await assert.rejects(run(decision), { code: "send-outcome-unknown" });
    await assert.rejects(run(decision), { code: "send-outcome-unknown" });
    assert.deepEqual(sent, to("on it"));
    assert.deepEqual(results(), []);
  });

  it("takes an error that nobody foresaw for an unknown outcome", async () => {
    answers.push(new TypeError("oops"));
    await assert.rejects(run(act(reply("on it"))), { code: "unexpected", disposition: "park" });
    await assert.rejects(run(act(reply("on it"))), { code: "send-outcome-unknown" });
    assert.deepEqual(sent, to("on it"));
  });

  it("sends a reaction again whose outcome is unknown: twice is once", async () => {
    failWith("send-outcome-unknown");
    await assert.rejects(run(act(react("like"))), { code: "send-not-sent", disposition: "retry" });
    await run(act(react("like")));
    assert.deepEqual(sent, to("like", "like"));
    assert.deepEqual(readLedger(), ["0:react sent"]);
  });

  describe("after a restart between intention and outcome", () => {
    const restartAfter = async (...actions: string[]) => {
      for (const action of actions) {
        await storage.beginAction({ messageKey: KEY, rule: "outage", action, now: 1 });
      }
      await storage.close();
      await start();
    };
    const KEY = "tenant|19:a@thread.tacv2||1700000000001";

    it("sends the reaction again", async () => {
      await restartAfter("0:react");
      await run();
      assert.deepEqual(sent, to("like", "on it"));
    });
    it("does not send the reply again, and says that it does not know", async () => {
      await restartAfter("1:reply");
      await assert.rejects(run(), { code: "send-outcome-unknown", message: /it may have been sent/ });
      assert.deepEqual(sent, to("like"));
      assert.deepEqual(readLedger(), ["0:react sent", "1:reply intended"]);
    });
    it("sends what was not yet intended", async () => {
      await restartAfter();
      await run();
      assert.deepEqual(sent, to("like", "on it"));
    });
    it("knows what was sent before", async () => {
      await run();
      await restartAfter();
      await run();
      assert.deepEqual(sent, to("like", "on it"));
    });
  });

  describe("chooses the service URL", () => {
    it("of the conversation's own place, then the newest of the tenant, then the cloud's", async () => {
      const newer = {
        tenantId: "tenant",
        placeId: "19:other",
        kind: "chat",
        teamId: null,
        name: "",
      } as const;
      await storage.savePlace({ ...newer, serviceUrl: "https://newer.example/", seenAt: 9 });
      const decision = act(react("like"));
      await run(decision);
      await run(decision, { ...MESSAGE, conversationId: "19:elsewhere" });
      await run(decision, { ...MESSAGE, tenantId: "another" });
      assert.deepEqual(
        sent,
        [SERVICE_URL, "https://newer.example/", CLOUDS.global.defaultServiceUrl].map(
          (url) => `like → ${url}`,
        ),
      );
    });
  });
});
