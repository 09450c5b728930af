import assert from "node:assert/strict";
import { EarshotError } from "../../src/errors.ts";
import { createInbox } from "../../src/inbox/inbox.ts";
import type { Trace } from "../../src/model/trace.ts";
import { openSqlite } from "../../src/storage/sqlite/open-sqlite.ts";
import type { HeardConversation } from "../../src/storage/heard-conversation.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { createReadGap, type ReadGap } from "../../src/subscriptions/read-gap.ts";
import { createHeldClock, type HeldClock } from "./held-clock.ts";
import { failOnLeaks } from "./leak-watch.ts";
import { createQuietEdges } from "./quiet-edges.ts";
import { createScriptedGraph, graphError, type ScriptedGraph } from "./scripted-graph.ts";
import { useTemporaryFolder } from "./temporary-folder.ts";

const START = Date.parse("2026-03-01T12:00:00Z");
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const AT = { tenantId: "tenant", conversationId: "19:c" };
const DELTA = "GET /teams/team/channels/19%3Ac/messages/delta";
const LIST = "GET /teams/team/channels/19%3Ac/messages?";

describe("a reading of a conversation", () => {
  failOnLeaks();
  const pathOf = useTemporaryFolder();
  let storage: Storage;
  let graph: ScriptedGraph;
  let clock: HeldClock;
  let readGap: ReadGap;
  let traces: Trace[];
  let warnings: string[];
  let stopping: AbortController;

  beforeEach(async () => {
    storage = await openSqlite(pathOf("earshot.db"));
    graph = createScriptedGraph();
    clock = createHeldClock(START);
    traces = [];
    warnings = [];
    stopping = new AbortController();
    const quiet = createQuietEdges({ ...clock, randomBytes: (sizeBytes) => Buffer.alloc(sizeBytes) });
    const edges = {
      ...quiet,
      log: { ...quiet.log, warn: (_: object, event: string) => warnings.push(event) },
    };
    const trace = (one: Trace) => void traces.push(one);
    readGap = createReadGap({
      ...{ storage, trace, edges, graph: () => graph, rememberedMs: 72 * HOUR },
      inbox: createInbox({ storage, trace, edges }),
      seal: () => ({ data: "", dataSignature: "", dataKey: "", encryptionCertificateId: "cert" }),
    });
    await save();
  });
  afterEach(() => storage.close());

  const save = (change: object = {}) =>
    storage.saveConversations([
      {
        ...{ ...AT, teamId: "team", label: "Ops › c", heardUntil: START - HOUR },
        ...{ isPolled: false, now: START, ...change },
      },
    ]);
  const state = async (): Promise<HeardConversation> => {
    const [known] = await storage.listConversations({});
    assert.ok(known);
    return known;
  };
  const read = async () => readGap(await state(), stopping.signal);
  const said = (id: string, at = START) => ({
    ...{ id, etag: id, messageType: "message", createdDateTime: new Date(at).toISOString() },
    body: { contentType: "text", content: "hello" },
  });
  const page = (value: unknown[], links: { next?: string; delta?: string } = {}) => ({
    value,
    ...(links.next ? { "@odata.nextLink": links.next } : {}),
    ...(links.delta ? { "@odata.deltaLink": links.delta } : {}),
  });
  const stored = () =>
    traces.flatMap(({ step, result, message }) =>
      step === "stored" ? [`${message?.messageId ?? ""} ${result}`] : [],
    );
  const calls = () => graph.calls.map(({ path }) => path.split("?")[0]);

  it("stores what was said since the watermark, and closes the gap", async () => {
    graph.answer(DELTA, page([said("2"), said("1"), said("0", START - 2 * HOUR)], { delta: "/later/delta" }));
    await read();
    assert.deepEqual(stored(), ["1 ok", "2 ok"]);
    assert.deepEqual(
      traces.slice(0, 2).map(({ step, ear, code }) => `${step} ${ear} ${code ?? ""}`),
      ["received graph read-back", "admitted graph read-back"],
    );
    const { gap, heardUntil, dueAt, pollMs } = await state();
    assert.deepEqual([gap, heardUntil, pollMs], [null, START - 2 * MINUTE, null]);
    assert.equal(dueAt, START + 24 * HOUR);
  });

  it("begins the next time where the last one ended, and finds what is known once", async () => {
    graph.answer(DELTA, page([said("1")], { delta: "/later/delta" }));
    await read();
    graph.answer("GET /later/delta", page([said("1"), said("2")], { delta: "/still/delta" }));
    await read();
    assert.deepEqual(stored(), ["1 ok", "1 duplicate", "2 ok"]);
    assert.deepEqual(calls().slice(1), ["/later/delta"]);
  });

  it("goes on after a failure where it stopped, as the reading that it was", async () => {
    graph.answer(DELTA, page([said("1")], { next: "/2/delta" }));
    graph.answer("GET /2/delta", graphError("graph-throttled"));
    await read();
    const failed = await state();
    assert.deepEqual([failed.attempts, failed.fault, failed.gap], [1, "graph-throttled", "new"]);
    assert.equal(failed.dueAt, START + 1_000);
    clock.advance(10 * MINUTE);
    graph.answer("GET /2/delta", page([said("2")], { delta: "/later/delta" }));
    await read();
    assert.deepEqual(stored(), ["1 ok", "2 ok"]);
    const { gap, attempts, fault, heardUntil } = await state();
    // What was said while it waited may be on the pages that it had read by then.
    assert.deepEqual([gap, attempts, fault, heardUntil], [null, 0, null, START - 2 * MINUTE]);
  });

  it("does not take a gap for read that was opened after it had begun", async () => {
    graph.answer(DELTA, page([said("1")], { next: "/2/delta" }));
    graph.answer("GET /2/delta", graphError("graph-unavailable"));
    await read();
    clock.advance(HOUR);
    await storage.openGaps({ heardUntil: START, reason: "downtime", now: START + HOUR, holdUntil: 0 });
    graph.answer("GET /2/delta", page([], { delta: "/later/delta" }));
    await read();
    const { gap, cursor, heardUntil } = await state();
    assert.deepEqual([gap, cursor, heardUntil], ["new", null, START - 2 * MINUTE]);
    graph.answer(DELTA, page([said("2", START + MINUTE)], { delta: "/later/delta" }));
    await read();
    assert.deepEqual([stored(), (await state()).gap], [["1 ok", "2 ok"], null]);
  });

  it("keeps its own beginning, whatever the watermark does meanwhile", async () => {
    graph.answer(DELTA, page([], { delta: "/later/delta" }));
    await read();
    clock.advance(24 * HOUR);
    graph.answer("GET /later/delta", page([], { next: "/2/delta" }));
    graph.answer("GET /2/delta", graphError("graph-unavailable"));
    await read();
    await storage.openGaps({
      ...{ heardUntil: START + 24 * HOUR, reason: "downtime", now: START + 24 * HOUR, holdUntil: 0 },
    });
    graph.answer("GET /2/delta", page([said("1", START + HOUR)], { delta: "/still/delta" }));
    await read();
    assert.deepEqual(stored(), ["1 ok"]);
  });

  it("is left at once where we stop, and goes on from there", async () => {
    graph.answer(DELTA, page([said("1")], { next: "/2/delta" }));
    const asked = Promise.withResolvers<undefined>();
    graph.onCall = async ({ path }) => {
      if (path !== "/2/delta") return;
      asked.resolve(undefined);
      await Promise.withResolvers().promise;
    };
    const reading = read();
    await asked.promise;
    stopping.abort();
    await reading;
    stopping = new AbortController();
    graph.onCall = () => undefined;
    graph.answer("GET /2/delta", page([said("2")]));
    await read();
    assert.deepEqual(stored(), ["1 ok", "2 ok"]);
    assert.deepEqual(calls(), [calls()[0], "/2/delta", "/2/delta"]);
  });

  it("stores nothing of a place that was left meanwhile", async () => {
    graph.answer(DELTA, page([said("1")]));
    graph.onCall = () => storage.removeConversations([AT]);
    await read();
    assert.deepEqual(stored(), []);
    assert.deepEqual(await storage.listConversations({}), []);
  });

  const NOT_FOUND = () => {
    for (const call of [DELTA, LIST]) graph.answer(call, graphError("graph-not-found"));
  };

  it("asks for a while after what Graph does not find: it may be too new", async () => {
    NOT_FOUND();
    await read();
    assert.deepEqual([(await state()).fault, (await state()).dueAt], ["graph-not-found", START + 1_000]);
    graph.answer(DELTA, page([said("1")]));
    await read();
    assert.deepEqual([stored(), (await state()).gap], [["1 ok"], null]);
  });

  for (const isPolled of [false, true]) {
    it(`goes on asking, seldom, for what Graph does not find for long, ${isPolled ? "" : "not "}polled`, async () => {
      await save({ isPolled });
      for (let tries = 1; tries <= 20; tries += 1) {
        NOT_FOUND();
        await read();
        const isYoung = tries < 12;
        assert.equal((await state()).dueAt - START < HOUR, isYoung, `after ${tries}`);
      }
      const { fault, dueAt, gap } = await state();
      assert.deepEqual([fault, dueAt - START, gap], ["graph-not-found", HOUR, "new"]);
      assert.equal(warnings.length, 1);
      graph.answer(DELTA, page([said("1")]));
      await read();
      assert.deepEqual([stored(), (await state()).gap, (await state()).fault], [["1 ok"], null, null]);
    });
  }

  it("asks again in an hour where it is refused, and says so once", async () => {
    for (let tries = 1; tries <= 2; tries += 1) {
      graph.answer(DELTA, graphError("graph-forbidden"));
      await read();
    }
    const { fault, attempts, dueAt, gap } = await state();
    assert.deepEqual([fault, attempts, dueAt, gap], ["graph-forbidden", 2, START + HOUR, "new"]);
    assert.deepEqual(warnings, ["a conversation could not be read back; it is tried again"]);
  });

  it("comes back when Graph says", async () => {
    graph.answer(DELTA, new EarshotError("graph-throttled", "slow down", { retryAfterMs: 90_000 }));
    assert.equal(await read(), true, "what became of it is written");
    assert.equal((await state()).dueAt, START + 90_000);
  });

  it("reads nothing of which it may be forgotten that it was handled, and says how much that is", async () => {
    await storage.removeConversations([AT]);
    await save({ heardUntil: START - 200 * HOUR });
    graph.answer(DELTA, page([said("1", START - 71 * HOUR), said("0", START - 71 * HOUR - 1)]));
    await read();
    assert.deepEqual(stored(), ["1 ok"]);
    assert.match(graph.calls[0]?.path ?? "", /gt 2026-02-26T13:00:00\.000Z/);
    assert.equal(warnings.length, 1);
  });

  it("polls in a minute what has something to say, and later and later what has not", async () => {
    await save({ isPolled: true });
    graph.answer(DELTA, page([said("1")], { delta: "/a/delta" }));
    await read();
    assert.equal((await state()).pollMs, MINUTE);
    for (const expected of [90_000, 135_000]) {
      graph.answer("GET /a/delta", page([said("1")], { delta: "/a/delta" }));
      await read();
      assert.deepEqual([(await state()).pollMs, (await state()).dueAt], [expected, START + expected]);
    }
    graph.answer("GET /a/delta", page([said("2")], { delta: "/a/delta" }));
    await read();
    assert.equal((await state()).pollMs, MINUTE);
  });

  it("takes a database that fails for another time", async () => {
    const known = await state();
    graph.answer(DELTA, page([said("1")]));
    await storage.close();
    assert.equal(await readGap(known, stopping.signal), false);
    assert.deepEqual(calls(), [], "nothing is read for nothing");
    storage = await openSqlite(pathOf("earshot.db"));
    assert.equal((await state()).gap, "new");
  });

  it("leaves a refusal as it was noted until it knows better", async () => {
    graph.answer(DELTA, graphError("graph-forbidden"));
    await read();
    const seen: unknown[] = [];
    graph.onCall = async () => {
      const { fault, attempts } = await state();
      seen.push([fault, attempts]);
    };
    graph.answer(DELTA, page([]));
    await read();
    assert.deepEqual(seen, [["graph-forbidden", 1]]);
    assert.equal((await state()).fault, null);
  });
});
