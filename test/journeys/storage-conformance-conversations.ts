/** What is kept of conversations: watermarks, gaps, readings, and what waits while a gap is read. */
import assert from "node:assert/strict";
import type { NewConversation } from "../../src/storage/heard-conversation.ts";
import { createNotification } from "../parts/waiting-notification.ts";
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
      (await stage.storage.listDueConversations({ now, limit })).map(({ conversationId }) => conversationId);
    assert.deepEqual(
      [await due(9, 9), await due(30, 9), await due(99, 2)],
      [[], ["b", "c", "a"], ["b", "c"]],
    );
  });

  it("gives no message of a conversation while what was said before is read back, but for so long", async () => {
    const held = createNotification({ messageId: "2" });
    const free = createNotification({ messageId: "3", conversationId: "19:free" });
    const { conversationId, tenantId } = held.message;
    await stage.storage.saveConversations([converse(conversationId, { tenantId })]);
    await stage.storage.openGaps({ ...GAP, now: 1_000, holdUntil: 5_000 });
    await stage.storage.addNotifications([held, free]);
    const claim = async (now: number) =>
      (await stage.storage.claimNotifications({ limit: 9, now })).map(({ message }) => message.messageId);
    assert.deepEqual(await claim(4_999), ["3"]);
    assert.deepEqual(await claim(5_000), ["2"]);
  });

  it("gives them as soon as it is read, in the order in which they were said", async () => {
    const later = createNotification({ messageId: "20" });
    const earlier = createNotification({ messageId: "10" });
    const { conversationId, tenantId } = later.message;
    await stage.storage.saveConversations([converse(conversationId, { tenantId })]);
    await stage.storage.openGaps({ ...GAP, now: 1_000, holdUntil: 5_000 });
    await stage.storage.addNotifications([later]);
    assert.deepEqual(await stage.storage.claimNotifications({ limit: 9, now: 2_000 }), []);
    await stage.storage.addNotifications([earlier]);
    const { openedAt } = await read(conversationId);
    await finish({ tenantId, conversationId, openedAt });
    const [claim] = await stage.storage.claimNotifications({ limit: 9, now: 2_000 });
    assert.equal(claim?.message.messageId, "10");
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
