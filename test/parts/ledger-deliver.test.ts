import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { CLOUDS } from "../../src/cloud.ts";
import { EarshotError, type ErrorCode } from "../../src/errors.ts";
import type { Action, Decision } from "../../src/model/decision.ts";
import type { Message } from "../../src/model/message.ts";
import type { Trace } from "../../src/model/trace.ts";
import { createDeliver, type Deliver } from "../../src/replies/deliver.ts";
import { createPlaces } from "../../src/replies/places.ts";
import { openSqlite } from "../../src/storage/sqlite/open-sqlite.ts";
import type { LedgerEntry, Storage } from "../../src/storage/storage.ts";
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
  let now: number;
  /** What a look into the thread finds: the id of our reply, nothing, or why it cannot be read. */
  let thread: string | null | Error;
  let looks: number[];
  /** What the budget says to the next asks; after them: go ahead. */
  let waits: number[];

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
          return `id-${sent.length}`;
        },
        react: async (_message, serviceUrl, reaction) => {
          answer(`${reaction} → ${serviceUrl}`);
        },
      },
      findSaid: async (_message, _content, intendedAt) => {
        looks.push(intendedAt);
        if (thread instanceof Error) throw thread;
        return thread;
      },
      budget: { reserve: () => waits.shift() ?? 0, release: () => undefined },
      trace: (trace) => void traces.push(trace),
      edges: createQuietEdges({ now: () => now }),
    });
  };
  beforeEach(async () => {
    [sent, answers, traces, looks, waits] = [[], [], [], [], []];
    now = 1_000;
    thread = null;
    await start();
    const place = { tenantId: "tenant", placeId: MESSAGE.conversationId, teamId: "team", name: "Ops" };
    await storage.savePlace({ ...place, kind: "team", serviceUrl: SERVICE_URL, seenAt: 1, installedAt: 1 });
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
      if (outcome.status === "rejected") assert.equal((outcome.reason as EarshotError).code, "send-deferred");
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
        assert.deepEqual(readLedger(), index === 0 ? ["1:reply sent"] : ["0:react sent"]);
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

  describe("looks into the thread after a reply whose outcome is unknown", () => {
    const decision = act(reply("on it"));
    const failOnce = async () => {
      failWith("send-outcome-unknown", 2_000);
      await assert.rejects(run(decision), {
        code: "send-outcome-unknown",
        disposition: "retry",
        retryAfterMs: 2_000,
      });
      assert.deepEqual(readLedger(), ["0:reply unknown"]);
    };

    it("not before it can be read there", async () => {
      await failOnce();
      now += 1_500;
      await assert.rejects(run(decision), { code: "send-deferred", retryAfterMs: 500 });
      assert.deepEqual([looks, sent], [[], to("on it")]);
    });

    it("and says nothing more where it is there", async () => {
      await failOnce();
      now += 2_000;
      thread = "1700000000777";
      await run(decision);
      assert.deepEqual([looks, sent], [[1_000], to("on it")]);
      assert.deepEqual(
        traces.map(({ result, code }) => [result, code]),
        [["ok", "found-in-thread"]],
      );
      const conversation = { tenantId: "tenant", conversationId: MESSAGE.conversationId };
      assert.deepEqual([...(await storage.readSentIds(conversation))], [thread]);
      await run(decision);
      assert.equal(sent.length, 1);
    });

    it("and sends it again where it is not, by a new intention", async () => {
      await failOnce();
      now += 2_000;
      failWith("send-outcome-unknown");
      await assert.rejects(run(decision), { code: "send-outcome-unknown" });
      now += 2_000;
      await run(decision);
      assert.deepEqual([looks, sent], [[1_000, 3_000], to("on it", "on it", "on it")]);
      assert.deepEqual(readLedger(), ["0:reply sent"]);
    });

    for (const [code, disposition] of [
      ["send-outcome-unknowable", "park"],
      ["graph-throttled", "retry"],
      ["graph-unavailable", "retry"],
    ] as const) {
      it(`and is silent where it cannot look (${code})`, async () => {
        await failOnce();
        now += 60_000;
        thread = new EarshotError(code, "as planned");
        await assert.rejects(run(decision), { code, disposition });
        await assert.rejects(run(decision), { code, disposition });
        assert.deepEqual([sent, readLedger()], [to("on it"), ["0:reply unknown"]]);
        thread = null;
        await run(decision);
        assert.equal(sent.length, 2);
      });
    }

    it("also after an error that nobody foresaw", async () => {
      answers.push(new TypeError("oops"));
      await assert.rejects(run(decision), { code: "send-outcome-unknown" });
      thread = "1700000000777";
      now += 2_000;
      await run(decision);
      assert.deepEqual(sent, to("on it"));
    });
  });

  it("sends a reaction again whose outcome is unknown: twice is once", async () => {
    failWith("send-outcome-unknown");
    await assert.rejects(run(act(react("like"))), { code: "send-outcome-unknown", disposition: "retry" });
    await run(act(react("like")));
    assert.deepEqual([looks, sent], [[], to("like", "like")]);
    assert.deepEqual(readLedger(), ["0:react sent"]);
  });

  describe("keeps Teams' limits", () => {
    it("by waiting, with nothing written or sent", async () => {
      waits = [250];
      await assert.rejects(run(act(reply("on it"))), {
        code: "send-deferred",
        disposition: "retry",
        retryAfterMs: 250,
      });
      assert.deepEqual([sent, readLedger()], [[], []]);
      await run(act(reply("on it")));
      assert.deepEqual(sent, to("on it"));
    });

    it("and does meanwhile what need not wait", async () => {
      waits = [400, 0];
      await assert.rejects(run(), { code: "send-deferred", retryAfterMs: 400 });
      assert.deepEqual(sent, to("on it"));
      await run();
      assert.deepEqual(sent, to("on it", "like"));
      assert.deepEqual(results(), ["reply: ok", "like: ok", "reply: duplicate"]);
    });

    it("but no reply before an earlier one", async () => {
      waits = [400, 0];
      await assert.rejects(run(act(reply("one"), reply("two"))), { code: "send-deferred" });
      assert.deepEqual(sent, []);
      await run(act(reply("one"), reply("two")));
      assert.deepEqual(sent, to("one", "two"));
    });
  });

  it("throws what can be tried again before what cannot", async () => {
    failWith("send-throttled", 3_000);
    answers.push(new EarshotError("send-outcome-unknown", "as planned"));
    await assert.rejects(run(), { code: "send-throttled", retryAfterMs: 3_000 });
    now += 20_000;
    thread = new EarshotError("send-outcome-unknowable", "as planned");
    failWith("send-throttled");
    await assert.rejects(run(), { code: "send-throttled" });
    await assert.rejects(run(), { code: "send-outcome-unknowable", disposition: "park" });
    assert.deepEqual(readLedger(), ["0:react sent", "1:reply unknown"]);
  });

  it("says a reply exactly once or, where nobody can know, leaves it to a person: whatever happens", async () => {
    const happening = fc.constantFrom(
      "well",
      "throttled",
      "taken, no answer",
      "not taken, no answer",
      "taken, died",
      "not taken, died",
    );
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { maxLength: 8 }), fc.boolean(), async (happenings, canLook) => {
        const course = [...happenings];
        const ledger = new Map<string, LedgerEntry>();
        const said: string[] = [];
        const died = new Error("died");
        const own = createDeliver({
          storage: {
            beginAction: async ({ action }) => {
              const known = ledger.get(action) ?? null;
              if (!known) ledger.set(action, { state: "intended", intendedAt: now, settledAt: null });
              return known;
            },
            settleAction: async ({ action, state }) => {
              if (isDead) throw died;
              ledger.set(action, { ...ledger.get(action)!, state, settledAt: now });
            },
            withdrawAction: async ({ action }) => {
              if (isDead) throw died;
              ledger.delete(action);
            },
          },
          places: { findServiceUrl: async () => SERVICE_URL },
          connector: {
            react: async () => undefined,
            reply: async () => {
              const what = course.shift() ?? "well";
              if (what === "well" || what.startsWith("taken")) said.push("on it");
              if (what === "well") return "id";
              isDead = what.endsWith("died");
              throw what === "throttled"
                ? new EarshotError("send-throttled", what)
                : new EarshotError("send-outcome-unknown", what);
            },
          },
          findSaid: async () => {
            if (!canLook) throw new EarshotError("send-outcome-unknowable", "as planned");
            return said.length > 0 ? "id" : null;
          },
          budget: { reserve: () => 0, release: () => undefined },
          trace: () => undefined,
          edges: createQuietEdges({ now: () => now }),
        });
        let isDead = false;
        let isParked = false;
        for (let tries = 0; tries < 40 && ledger.get("0:reply")?.state !== "sent" && !isParked; tries += 1) {
          isDead = false;
          now += 20_000;
          await own(MESSAGE, act(reply("on it")), "graph").catch((error: unknown) => {
            isParked = error instanceof EarshotError && error.code === "send-outcome-unknowable";
          });
        }
        assert.ok(said.length <= 1, "said twice");
        if (!isParked) assert.deepEqual(said, ["on it"]);
        else assert.equal(canLook, false);
      }),
      { numRuns: 300 },
    );
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
    it("does not send the reply again before it has looked, which takes its time", async () => {
      await restartAfter("1:reply");
      await assert.rejects(run(), {
        code: "send-deferred",
        message: /may have been sent/,
        retryAfterMs: 14_001,
      });
      assert.deepEqual(sent, to("like"));
      assert.deepEqual(readLedger(), ["0:react sent", "1:reply intended"]);
      now = 15_001;
      thread = "1700000000777";
      await run();
      assert.deepEqual([looks, sent], [[1], to("like")]);
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
      await storage.savePlace({ ...newer, serviceUrl: "https://newer.example/", seenAt: 9, installedAt: 9 });
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
