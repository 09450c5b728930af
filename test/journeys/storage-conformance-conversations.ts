/** What is kept of conversations: watermarks, gaps, readings. */
import assert from "node:assert/strict";
import type { NewConversation } from "../../src/storage/heard-conversation.ts";
import { useStage, type Engine } from "./storage-conformance-stage.ts";

const converse = (conversationId: string, change: Partial<NewConversation> = {}): NewConversation => ({
  ...{ tenantId: "tenant", conversationId, teamId: "team", label: `Ops › ${conversationId}` },
  ...{ heardUntil: 100, isPolled: false, now: 1_000 },
  ...change,
});
const AT = { tenantId: "tenant", conversationId: "a" };
const GAP = { heardUntil: 500, reason: "downtime", now: 2_000, holdUntil: 0 } as const;

export function describeConversations(engine: Engine): void {
  const stage = useStage(engine);
  const read = async (conversationId = "a") => {
    const all = await stage.storage.listConversations({});
    const found = all.find((each) => each.conversationId === conversationId);
    assert.ok(found);
    return found;
  };
  const finish = (change: object = {}) =>
    stage.storage.finishReading({
      ...{ ...AT, openedAt: 1_000, heardUntil: 900, dueAt: 9_000, pollMs: null, cursor: null },
      ...change,
    });

  it("keeps a new one with all that was said since it is ours to hear still to be read", async () => {
    await stage.storage.saveConversations([converse("a"), converse("b", { teamId: null, isPolled: true })]);
    await stage.reopen();
    assert.deepEqual(await stage.storage.listConversations({}), [
      {
        ...{ ...AT, teamId: "team", label: "Ops › a", heardUntil: 100, gap: "new", openedAt: 1_000 },
        ...{ dueAt: 1_000, cursor: null, attempts: 0, fault: null, pollMs: null },
      },
      {
        ...{
          tenantId: "tenant",
          conversationId: "b",
          teamId: null,
          label: "Ops › b",
          heardUntil: 100,
          gap: "new",
        },
        ...{ openedAt: 1_000, dueAt: 1_000, cursor: null, attempts: 0, fault: null, pollMs: 0 },
      },
    ]);
  });

  it("takes of a known one its name and whether it is polled, and no more", async () => {
    await stage.storage.saveConversations([converse("a")]);
    await finish();
    await stage.storage.saveConversations([converse("a", { label: "Renamed", heardUntil: 5, now: 3_000 })]);
    const { label, heardUntil, gap, dueAt, pollMs } = await read();
    assert.deepEqual([label, heardUntil, gap, dueAt, pollMs], ["Renamed", 900, null, 9_000, null]);
    await stage.storage.saveConversations([converse("a", { isPolled: true, now: 3_000 })]);
    assert.deepEqual([(await read()).pollMs, (await read()).dueAt], [0, 3_000]);
    await finish({ openedAt: 0, pollMs: 60_000, dueAt: 60_000 });
    await stage.storage.saveConversations([converse("a", { isPolled: true, now: 4_000 })]);
    assert.deepEqual([(await read()).pollMs, (await read()).dueAt], [60_000, 60_000]);
    await stage.storage.saveConversations([converse("a")]);
    assert.equal((await read()).pollMs, null);
  });

  it("takes one that is named twice as it is named last", async () => {
    const twice = [converse("a"), converse("b"), converse("a", { label: "Last", isPolled: true })];
    await stage.storage.saveConversations(twice);
    assert.deepEqual([(await read()).label, (await read()).pollMs, (await read()).gap], ["Last", 0, "new"]);
    await stage.storage.saveConversations(twice);
    assert.equal((await stage.storage.listConversations({})).length, 2);
  });

  it("opens a gap no earlier than the watermark, and keeps the earlier beginning of an open one", async () => {
    await stage.storage.saveConversations([converse("a"), converse("b", { heardUntil: 700 })]);
    await finish({ heardUntil: 300 });
    await finish({ conversationId: "b", heardUntil: 700 });
    await stage.storage.openGaps(GAP);
    assert.deepEqual(
      (await stage.storage.listConversations({})).map(({ heardUntil, gap, openedAt, dueAt }) => [
        heardUntil,
        gap,
        openedAt,
        dueAt,
      ]),
      [
        [500, "downtime", 2_000, 2_000],
        [700, "downtime", 2_000, 2_000],
      ],
    );
    await stage.storage.openGaps({ ...GAP, heardUntil: 1_500, reason: "subscription-lost" });
    const { heardUntil, gap, openedAt } = await read();
    assert.deepEqual([heardUntil, gap], [500, "downtime"]);
    assert.ok(openedAt > 2_000, "opened anew in the same instant");
  });

  it("opens gaps in what is named, in a tenant, or everywhere", async () => {
    await stage.storage.saveConversations([
      converse("a"),
      converse("b"),
      converse("a", { tenantId: "other" }),
    ]);
    for (const { tenantId, conversationId, openedAt } of await stage.storage.listConversations({})) {
      await finish({ tenantId, conversationId, openedAt });
    }
    const closed = (await stage.storage.listConversations({})).map(({ gap }) => gap);
    assert.deepEqual(closed, [null, null, null]);
    const gaps = async () =>
      (await stage.storage.listConversations({}))
        .filter(({ gap }) => gap !== null)
        .map(({ tenantId, conversationId }) => `${tenantId} ${conversationId}`);
    await stage.storage.openGaps({ ...GAP, tenantId: "tenant", conversationIds: [] });
    assert.deepEqual(await gaps(), []);
    await stage.storage.openGaps({ ...GAP, tenantId: "tenant", conversationIds: ["a", "x"] });
    assert.deepEqual(await gaps(), ["tenant a"]);
    await stage.storage.openGaps({ ...GAP, tenantId: "tenant" });
    assert.deepEqual(await gaps(), ["tenant a", "tenant b"]);
    await stage.storage.openGaps(GAP);
    assert.equal((await gaps()).length, 3);
    assert.equal((await stage.storage.listConversations({ tenantId: "other" })).length, 1);
  });

  it("closes a gap that was read, and not one that was opened anew meanwhile", async () => {
    await stage.storage.saveConversations([converse("a")]);
    await stage.storage.openGaps(GAP);
    await finish();
    const reopened = await read();
    assert.deepEqual([reopened.gap, reopened.heardUntil, reopened.dueAt], ["new", 900, 1_000]);
    await finish({ openedAt: reopened.openedAt, heardUntil: 950, cursor: "link" });
    const { gap, openedAt, heardUntil, dueAt, cursor } = await read();
    assert.deepEqual([gap, openedAt, heardUntil, dueAt, cursor], [null, 0, 950, 9_000, "link"]);
    await finish({ openedAt: 0, heardUntil: 1 });
    assert.equal((await read()).heardUntil, 950, "the watermark never goes back");
  });

  it("polls one that is to be polled since its reading began, and no other", async () => {
    await stage.storage.saveConversations([converse("a"), converse("b", { isPolled: true })]);
    await stage.storage.saveConversations([
      converse("a", { isPolled: true, now: 2_000 }),
      converse("b", { now: 2_000 }),
    ]);
    await finish();
    await finish({ conversationId: "b", pollMs: 60_000, dueAt: 60_000 });
    const [a, b] = [await read(), await read("b")];
    assert.deepEqual([a.gap, a.pollMs, a.dueAt], [null, 0, 1_000]);
    assert.deepEqual([b.gap, b.pollMs, b.dueAt], [null, null, 60_000]);
  });

  it("remembers how far a reading has come, over closing and opening", async () => {
    await stage.storage.saveConversations([converse("a")]);
    await stage.storage.saveReading({
      ...AT,
      cursor: "page 2",
      attempts: 3,
      fault: "graph-throttled",
      dueAt: 7_000,
    });
    await stage.reopen();
    const { cursor, attempts, fault, dueAt, gap } = await read();
    assert.deepEqual([cursor, attempts, fault, dueAt, gap], ["page 2", 3, "graph-throttled", 7_000, "new"]);
    await stage.storage.saveReading({
      ...AT,
      conversationId: "gone",
      cursor: null,
      attempts: 0,
      fault: null,
      dueAt: 0,
    });
    assert.equal((await stage.storage.listConversations({})).length, 1);
  });

  it("gives out what is due, the longest due first", async () => {
    await stage.storage.saveConversations(["a", "b", "c", "d"].map((id) => converse(id)));
    for (const [conversationId, dueAt] of [
      ["a", 30],
      ["b", 10],
      ["c", 20],
      ["d", 40],
    ] as const) {
      await stage.storage.saveReading({
        ...AT,
        conversationId,
        cursor: null,
        attempts: 0,
        fault: null,
        dueAt,
      });
    }
    const due = async (now: number, limit: number) =>
      (await stage.storage.listDueConversations({ now, limit, exceptTenants: [] })).map(
        ({ conversationId }) => conversationId,
      );
    assert.deepEqual(
      [await due(9, 9), await due(30, 9), await due(99, 2)],
      [[], ["b", "c", "a"], ["b", "c"]],
    );
  });

  it("gives out what is polled before gaps, and gaps before what is swept, whatever is due the longest", async () => {
    await stage.storage.saveConversations([
      ...["swept", "gap", "later gap"].map((id) => converse(id)),
      converse("polled", { isPolled: true, now: 5_000 }),
    ]);
    await finish({ conversationId: "swept", dueAt: 100 });
    await stage.storage.openGaps({ ...GAP, conversationIds: ["later gap"] });
    await finish({ conversationId: "later gap", openedAt: 2_000, dueAt: 1 });
    await stage.storage.openGaps({ ...GAP, conversationIds: ["later gap"], now: 3_000 });
    await stage.storage.saveReading({
      ...{ ...AT, conversationId: "later gap", cursor: null, attempts: 1, fault: "graph-throttled" },
      dueAt: 4_000,
    });
    const due = await stage.storage.listDueConversations({ now: 9_000, limit: 9, exceptTenants: [] });
    assert.deepEqual(
      due.map(({ conversationId }) => conversationId),
      ["polled", "gap", "later gap", "swept"],
    );
  });

  it("gives out nothing of tenants that have enough in hand", async () => {
    await stage.storage.saveConversations([
      converse("a"),
      ...["one", "two"].map((tenantId) => converse("b", { tenantId })),
    ]);
    const due = async (...exceptTenants: string[]) =>
      (await stage.storage.listDueConversations({ now: 9_000, limit: 9, exceptTenants })).map(
        ({ tenantId }) => tenantId,
      );
    assert.deepEqual((await due()).toSorted(), ["one", "tenant", "two"]);
    assert.deepEqual(await due("tenant", "two", "unknown"), ["one"]);
  });

  it("tells a reading that its conversation was removed meanwhile", async () => {
    await stage.storage.saveConversations([converse("a"), converse("b")]);
    const reading = { ...AT, cursor: null, attempts: 0, fault: null, dueAt: 1_000 };
    assert.equal(await stage.storage.saveReading(reading), true);
    await stage.storage.removeConversations([AT]);
    assert.equal(await stage.storage.saveReading(reading), false);
    assert.equal(await stage.storage.saveReading({ ...reading, conversationId: "b" }), true);
  });

  it("learns of one by what is heard there, with nothing to be read yet, and of a known one nothing", async () => {
    const learnt = { ...AT, teamId: null, label: "chats: all › a", heardUntil: 700, dueAt: 8_000 };
    await stage.storage.learnConversations([learnt, { ...learnt, tenantId: "other" }]);
    const { gap, openedAt, heardUntil, dueAt, pollMs, teamId } = await read();
    assert.deepEqual([gap, openedAt, heardUntil, dueAt, pollMs, teamId], [null, 0, 700, 8_000, null, null]);
    await stage.storage.learnConversations([]);
    await stage.storage.saveConversations([converse("b", { isPolled: true })]);
    const known = await read("b");
    await stage.storage.learnConversations([{ ...learnt, conversationId: "b" }]);
    assert.deepEqual(await read("b"), known);
    await stage.storage.openGaps(GAP);
    assert.deepEqual([(await read()).gap, (await read()).heardUntil], ["downtime", 700]);
  });

  it("keeps ten thousand as well as ten", async () => {
    const all = Array.from({ length: 10_000 }, (_, index) => converse(`19:${index}`));
    const from = performance.now();
    await stage.storage.saveConversations(all);
    await stage.storage.openGaps({ ...GAP, now: 1_000, holdUntil: 9_999 });
    for (let reading = 0; reading < 20; reading += 1) {
      const [due] = await stage.storage.listDueConversations({ now: 9_000, limit: 64, exceptTenants: [] });
      assert.ok(due);
      const { conversationId, openedAt } = due;
      await stage.storage.saveReading({ ...due, cursor: "link" });
      await finish({ conversationId, openedAt, dueAt: 99_000 });
    }
    assert.equal((await stage.storage.listConversations({ tenantId: "tenant" })).length, 10_000);
    assert.deepEqual(await stage.storage.claimNotifications({ limit: 9, now: 2_000 }), []);
    const closed = (await stage.storage.listConversations({})).filter(({ gap }) => gap === null);
    assert.equal(closed.length, 20);
    // Twenty readings take hours of Graph's time; here, seconds at the very worst.
    assert.ok(performance.now() - from < 10_000);
  });

  it("reads again what Graph refused, of a team or a tenant, and nothing else", async () => {
    const refuse = (at: object, fault: string | null, dueAt = 9_000) =>
      stage.storage.saveReading({ ...AT, ...at, cursor: "link", attempts: 3, fault, dueAt });
    await stage.storage.saveConversations([
      ...["a", "not found", "early", "throttled", "read"].map((id) => converse(id)),
      ...[converse("b", { teamId: "else" }), converse("chat", { teamId: null })],
      converse("a", { tenantId: "other" }),
    ]);
    await refuse({}, "graph-forbidden");
    await refuse({ conversationId: "not found" }, "graph-not-found");
    await refuse({ conversationId: "early" }, "graph-forbidden", 1_500);
    await refuse({ conversationId: "throttled" }, "graph-throttled");
    await refuse({ conversationId: "read" }, null);
    for (const id of ["b", "chat"]) await refuse({ conversationId: id }, "graph-forbidden");
    await refuse({ tenantId: "other" }, "graph-forbidden");
    const due = async () =>
      (await stage.storage.listConversations({}))
        .filter(({ dueAt }) => dueAt < 9_000)
        .map(({ tenantId, conversationId, dueAt }) => `${tenantId} ${conversationId} ${dueAt}`);
    assert.deepEqual(await due(), ["tenant early 1500"]);
    await stage.storage.retryRefusedReadings({ tenantId: "tenant", teamId: "team", dueAt: 5_000 });
    const ofTeam = ["tenant a 5000", "tenant early 1500", "tenant not found 5000"];
    assert.deepEqual(await due(), ofTeam);
    const { cursor, attempts, fault } = await read("not found");
    assert.deepEqual([cursor, attempts, fault], ["link", 3, "graph-not-found"]);
    await stage.storage.retryRefusedReadings({ tenantId: "tenant", teamId: null, dueAt: 6_000 });
    assert.deepEqual(await due(), [...ofTeam, "tenant b 6000", "tenant chat 6000"].toSorted());
  });

  it("forgets those that are removed", async () => {
    await stage.storage.saveConversations([
      converse("a"),
      converse("b"),
      converse("a", { tenantId: "other" }),
    ]);
    await stage.storage.removeConversations([AT, { ...AT, conversationId: "x" }]);
    await stage.storage.removeConversations([]);
    assert.deepEqual(
      (await stage.storage.listConversations({})).map(
        ({ tenantId, conversationId }) => `${tenantId} ${conversationId}`,
      ),
      ["other a", "tenant b"],
    );
  });
}
