/** Of the conformance suite: what is stored, in which order it is given out, and what becomes of it. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Claim } from "../../src/storage/storage.ts";
import { createNotification } from "../parts/waiting-notification.ts";
import { count, NOW, useStage, type Engine } from "./storage-conformance-stage.ts";

const inChat = (name: string, messageId: string) =>
  createNotification({ conversationId: `19:${name}`, messageId });
const idsOf = (claims: readonly Claim[]) => claims.map(({ message }) => message.messageId);
const chatsOf = (claims: readonly Claim[]) => claims.map(({ message }) => message.conversationId).toSorted();

export function describeInbox(engine: Engine): void {
  const stage = useStage(engine);

  it("gives back what was stored, as it was stored", async () => {
    const notification = createNotification(
      { replyToId: "999", messageId: "1700000000001" },
      {
        ear: "bot-framework",
        changeType: "updated",
        version: "5",
        sealed: '{"data":"\\u0000 \u{1f440} \\\\"}',
      },
    );
    await stage.storage.addNotifications([notification]);
    const claim = await stage.claimOne();
    assert.equal(typeof claim.id, "number");
    const { ear, message, changeType, sealed, receivedAt } = notification;
    assert.deepEqual(claim, { id: claim.id, ear, message, changeType, sealed, receivedAt, attempts: 1 });
  });

  it("stores nothing where nothing comes", async () => {
    assert.deepEqual(await stage.storage.addNotifications([]), []);
    assert.deepEqual(await stage.counts(), count());
  });

  describe("knows a message by its key", () => {
    const first = createNotification({ replyToId: "5" });
    for (const [title, other, result] of [
      ["the same again", createNotification({ replyToId: "5" }), "duplicate"],
      ["the same with other content", createNotification({ replyToId: "5" }, { sealed: "{}" }), "duplicate"],
      [
        "the same by the other ear",
        createNotification({ replyToId: "5" }, { ear: "bot-framework" }),
        "second-ear",
      ],
      ["its change", createNotification({ replyToId: "5" }, { changeType: "updated" }), "stored"],
      ["another version", createNotification({ replyToId: "5" }, { version: "1001" }), "stored"],
      ["the id in another thread", createNotification({ replyToId: "6" }), "stored"],
      ["the id of a root", createNotification({ replyToId: null }), "stored"],
      ["the id in another tenant", createNotification({ replyToId: "5", tenantId: "other" }), "stored"],
      ["another id", createNotification({ replyToId: "5", messageId: "1001" }), "stored"],
      [
        "the id in another conversation",
        createNotification({ replyToId: "5", conversationId: "19:b" }),
        "stored",
      ],
    ] as const) {
      it(`and takes ${title} as ${result}, in one batch and in two`, async () => {
        assert.deepEqual(await stage.storage.addNotifications([first, other]), ["stored", result]);
        assert.deepEqual(await stage.storage.addNotifications([other, first]), ["duplicate", "duplicate"]);
        assert.deepEqual(await stage.counts(), count({ waiting: result === "stored" ? 2 : 1 }));
      });
    }

    it("and still does when it is done or parked, and after closing and opening", async () => {
      const both = [inChat("a", "1"), inChat("b", "2")];
      await stage.storage.addNotifications(both);
      const [done, parked] = await stage.claim();
      await stage.complete(done!);
      await stage.park(parked!, "wire-shape");
      assert.deepEqual(await stage.storage.addNotifications(both), ["duplicate", "duplicate"]);
      const next = await stage.reopen();
      assert.deepEqual(await next.addNotifications(both), ["duplicate", "duplicate"]);
      assert.deepEqual(await stage.counts(), count({ done: 1, parked: 1 }));
    });

    it("but not an edit that was handled, which may come again", async () => {
      const edit = createNotification({}, { changeType: "updated", version: "2000" });
      await stage.storage.addNotifications([edit]);
      await stage.complete(await stage.claimOne());
      assert.deepEqual(await stage.counts(), count());
      assert.deepEqual(await stage.storage.addNotifications([edit]), ["stored"]);
    });
  });

  it("answers many callers at once, each with its own result", async () => {
    const many = Array.from({ length: 300 }, (_, index) => inChat(`chat-${index % 7}`, String(index + 1)));
    const results = await Promise.all(
      many.flatMap((one) => [one, one]).map((one) => stage.storage.addNotifications([one])),
    );
    assert.deepEqual(
      results,
      many.flatMap(() => [["stored"], ["duplicate"]]),
    );
    assert.deepEqual(await stage.counts(), count({ waiting: 300 }));
  });

  it("lets no call that cannot be done harm others that come with it, and does none of it", async () => {
    const broken = { ...inChat("b", "7"), ear: null as never };
    const results = await Promise.allSettled([
      stage.storage.addNotifications([inChat("a", "1")]),
      stage.storage.addNotifications([inChat("a", "2"), broken]),
      stage.storage.addNotifications([inChat("a", "3")]),
      stage.counts(),
    ]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ["fulfilled", "rejected", "fulfilled", "fulfilled"],
    );
    assert.equal(
      ((results[1] as PromiseRejectedResult).reason as { code: string }).code,
      "storage-unavailable",
    );
    assert.deepEqual(await stage.counts(), count({ waiting: 2 }));
    assert.deepEqual(await stage.storage.addNotifications([inChat("a", "2")]), ["stored"]);
  });

  describe("gives out of each conversation", () => {
    it("the earliest by message id, in whatever order they came", async () => {
      for (const id of ["1700000000003", "1700000000001", "1700000000002"])
        await stage.storage.addNotifications([inChat("a", id)]);
      const order: string[] = [];
      for (let claims = await stage.claim(); claims.length > 0; claims = await stage.claim()) {
        order.push(...idsOf(claims));
        await stage.complete(claims[0]!);
      }
      assert.deepEqual(order, ["1700000000001", "1700000000002", "1700000000003"]);
    });

    it("ids by their number, not by their letters; of one message what came first", async () => {
      await stage.storage.addNotifications([
        inChat("a", "1000"),
        createNotification(
          { conversationId: "19:a", messageId: "999" },
          { changeType: "updated", version: "9" },
        ),
        createNotification(
          { conversationId: "19:a", messageId: "999" },
          { changeType: "updated", version: "10" },
        ),
        inChat("a", "999"),
      ]);
      const order: string[] = [];
      for (let claims = await stage.claim(); claims.length > 0; claims = await stage.claim()) {
        order.push(...claims.map(({ message, changeType }) => `${message.messageId} ${changeType}`));
        await stage.complete(claims[0]!);
      }
      assert.deepEqual(order, ["999 updated", "999 updated", "999 created", "1000 created"]);
    });

    it("one at a time, from many at once", async () => {
      await stage.storage.addNotifications(
        ["a", "b", "c"].flatMap((name) => [inChat(name, "1"), inChat(name, "2")]),
      );
      const claims = await stage.claim();
      assert.deepEqual(chatsOf(claims), ["19:a", "19:b", "19:c"]);
      assert.deepEqual(idsOf(claims), ["1", "1", "1"]);
      assert.deepEqual(await stage.claim(), [], "each has one in hand");
      await stage.complete(claims.find(({ message }) => message.conversationId === "19:b")!);
      const [next, ...others] = await stage.claim();
      assert.deepEqual([next?.message.conversationId, next?.message.messageId, others], ["19:b", "2", []]);
    });

    it("none while an earlier one came after a claim", async () => {
      await stage.storage.addNotifications([inChat("a", "2")]);
      const late = await stage.claimOne();
      await stage.storage.addNotifications([inChat("a", "1")]);
      assert.deepEqual(await stage.claim(), []);
      await stage.complete(late);
      assert.deepEqual(idsOf(await stage.claim()), ["1"]);
    });

    it("no more than the limit, and two callers never the same", async () => {
      const names = Array.from({ length: 30 }, (_, index) => `chat-${index}`);
      await stage.storage.addNotifications(names.map((name) => inChat(name, "1")));
      assert.equal((await stage.claim(4)).length, 4);
      const claims = (await Promise.all([stage.claim(10), stage.claim(10), stage.claim(10)])).flat();
      assert.equal(claims.length, 26);
      assert.equal(new Set(claims.map(({ id }) => id)).size, 26);
    });

    it("the head also where thousands wait before it behind one that is stuck", async function () {
      this.timeout(60_000);
      await stage.storage.addNotifications(
        Array.from({ length: 2_500 }, (_, index) => inChat("stuck", String(index + 1))),
      );
      const { id } = await stage.claimOne();
      await stage.storage.addNotifications([
        inChat("y", "9001"),
        inChat("x", "9000"),
        inChat("x", "9002"),
        createNotification({ tenantId: "other", conversationId: "19:stuck", messageId: "8000" }),
        createNotification({ tenantId: "a", conversationId: "19:z", messageId: "8500" }),
      ]);
      assert.deepEqual(idsOf(await stage.claim(1)), ["8000"]);
      const later = await stage.claim();
      assert.deepEqual(idsOf(later).toSorted(), ["8500", "9000", "9001"]);
      assert.deepEqual(await stage.claim(), [], "each has one in hand");
      await stage.storage.retryNotification({ id, dueAt: NOW + 5, code: "send-throttled", isCounted: true });
      await stage.complete(later.find(({ message }) => message.messageId === "9000")!);
      assert.deepEqual(idsOf(await stage.claim()), ["9002"]);
      assert.deepEqual(idsOf(await stage.claim(1, NOW + 5)), ["1"]);
    });

    it("nothing that is the same name in another tenant", async () => {
      await stage.storage.addNotifications([
        createNotification({ tenantId: "one" }),
        createNotification({ tenantId: "two" }),
      ]);
      assert.equal((await stage.claim()).length, 2);
    });
  });

  describe("what is claimed", () => {
    beforeEach(() => stage.storage.addNotifications([inChat("a", "1"), inChat("a", "2"), inChat("b", "1")]));
    const claimOfA = async (now = NOW): Promise<Claim> =>
      (await stage.claim(100, now)).find(({ message }) => message.conversationId === "19:a")!;

    it("holds its conversation until its retry is due, and no other", async () => {
      const { id } = await claimOfA();
      await stage.storage.retryNotification({ id, dueAt: NOW + 500, code: "key-missing", isCounted: true });
      await stage.storage.addNotifications([inChat("b", "0")]);
      assert.deepEqual(await stage.claim(100, NOW + 499), [], "a waits, b has one in hand");
      const again = await stage.claimOne(NOW + 500);
      assert.deepEqual([again.id, again.attempts, again.sealed], [id, 2, '{"sealed":true}']);
    });

    it("has its attempt back where the wait was our own wish", async () => {
      for (const isCounted of [false, false, true]) {
        const { id, attempts } = await claimOfA();
        assert.equal(attempts, 1);
        await stage.storage.retryNotification({ id, dueAt: NOW, code: "send-deferred", isCounted });
      }
      assert.equal((await claimOfA()).attempts, 2);
    });

    it("says when the next is due, later than now", async () => {
      assert.equal(await stage.storage.readNextDue({ now: NOW }), null);
      const { id } = await claimOfA();
      await stage.storage.retryNotification({ id, dueAt: NOW + 500, code: "key-missing", isCounted: true });
      assert.equal(await stage.storage.readNextDue({ now: NOW }), NOW + 500);
      assert.equal(await stage.storage.readNextDue({ now: NOW + 500 }), null);
    });

    it("lets later ones go on when it is parked", async () => {
      assert.equal(await stage.park(await claimOfA(), "wire-shape"), "parked");
      assert.deepEqual(idsOf(await stage.claim()), ["2"]);
      assert.deepEqual(await stage.counts(), count({ claimed: 2, parked: 1 }));
    });

    it("is counted by tenant, and over all", async () => {
      await stage.storage.addNotifications([createNotification({ tenantId: "other" })]);
      await stage.complete(await claimOfA());
      assert.deepEqual(
        await stage.storage.readCounts({ tenantId: "tenant" }),
        count({ done: 1, waiting: 1, claimed: 1 }),
      );
      assert.deepEqual(await stage.storage.readCounts({ tenantId: "other" }), count({ claimed: 1 }));
      assert.deepEqual(await stage.counts(), count({ done: 1, waiting: 1, claimed: 2 }));
    });

    it("cannot be settled twice, or when it is not claimed any more", async () => {
      const { id } = await claimOfA();
      await stage.storage.retryNotification({ id, dueAt: NOW + 1, code: "key-missing", isCounted: true });
      await stage.storage.completeNotification({ id, now: NOW });
      await stage.storage.retryNotification({ id, dueAt: NOW + 9, code: "key-missing", isCounted: false });
      assert.equal(await stage.storage.parkNotification({ id, now: NOW, code: "wire-shape" }), "parked");
      assert.deepEqual(await stage.counts(), count({ waiting: 2, claimed: 1 }));
      assert.equal(await stage.storage.readNextDue({ now: NOW }), NOW + 1);
      assert.equal((await claimOfA(NOW + 1)).attempts, 2);
    });

    it("is settled by many at once, each alone", async () => {
      const names = Array.from({ length: 40 }, (_, index) => `many-${index}`);
      await stage.storage.addNotifications(names.map((name) => inChat(name, "1")));
      const claims = await stage.claim();
      const unknown = { id: 1_000_000 as Claim["id"], now: NOW };
      await Promise.all([...claims.map(stage.complete), stage.storage.completeNotification(unknown)]);
      assert.deepEqual(await stage.counts(), count({ done: claims.length, waiting: 1 }));
    });

    it("waits again when its holder is dead, its tries as they were, and not while that one lives", async () => {
      const held = await stage.claim();
      assert.equal(held.length, 2);
      assert.equal(await stage.storage.releaseClaims(), 0, "the holder lives");
      const dead = stage.storage;
      await stage.database.killHolders([dead]);
      const heir = await stage.open();
      assert.equal(await heir.releaseClaims(), 2);
      assert.equal(await heir.releaseClaims(), 0);
      const claims = await heir.claimNotifications({ limit: 100, now: NOW });
      assert.deepEqual(
        claims.map(({ attempts }) => attempts),
        [1, 1],
      );
      // Whoever was taken for dead settles nothing any more.
      await Promise.allSettled(held.map(({ id }) => dead.completeNotification({ id, now: NOW })));
      await Promise.allSettled(
        held.map(({ id }) => dead.parkNotification({ id, now: NOW, code: "wire-shape" })),
      );
      assert.deepEqual(await heir.readCounts({}), count({ waiting: 1, claimed: 2 }));
      await Promise.all(claims.map(({ id }) => heir.completeNotification({ id, now: NOW })));
      assert.deepEqual(await heir.readCounts({}), count({ waiting: 1, done: 2 }));
    });

    it("is no tool's to take, to hold or to release", async () => {
      const [first] = await stage.claim(1);
      const tool = await stage.open("tool");
      assert.deepEqual(await tool.claimNotifications({ limit: 100, now: NOW }), []);
      await tool.completeNotification({ id: first!.id, now: NOW });
      assert.equal(await tool.releaseClaims(), 0);
      assert.deepEqual(await tool.readCounts({}), count({ waiting: 2, claimed: 1 }));
      await stage.complete(first!);
      assert.deepEqual(await tool.readCounts({}), count({ waiting: 2, done: 1 }));
    });
  });

  describe("what is parked", () => {
    const parkThree = async () => {
      await stage.storage.addNotifications([
        inChat("a", "1"),
        inChat("b", "2"),
        createNotification({ tenantId: "other", replyToId: "2", messageId: "3" }, { changeType: "updated" }),
      ]);
      const [a, b, other] = (await stage.claim()).toSorted(
        (one, two) => Number(one.message.messageId) - Number(two.message.messageId),
      );
      await stage.park(b!, "key-missing", NOW + 1);
      await stage.park(other!, "key-missing", NOW + 2);
      await stage.park(a!, "wire-shape", NOW + 3);
      return { a: a!, b: b!, other: other! };
    };

    it("is listed, the longest parked first, by what is asked for", async () => {
      const { a, b, other } = await parkThree();
      const list = async (filter: object, limit = 10) =>
        (await stage.storage.listParked({ ...filter, limit })).map(({ id }) => id);
      assert.deepEqual(await list({}), [b.id, other.id, a.id]);
      assert.deepEqual(await list({}, 2), [b.id, other.id]);
      assert.deepEqual(await list({ code: "key-missing" }), [b.id, other.id]);
      assert.deepEqual(await list({ code: "key-missing", tenantId: "other" }), [other.id]);
      assert.deepEqual(await list({ id: a.id }), [a.id]);
      assert.deepEqual(await list({ id: a.id, code: "key-missing" }), []);
      assert.deepEqual(await stage.storage.listParked({ id: other.id, limit: 1 }), [
        {
          id: other.id,
          ear: "graph",
          message: other.message,
          changeType: "updated",
          code: "key-missing",
          receivedAt: 5_000,
          parkedAt: NOW + 2,
        },
      ]);
    });

    it("comes back with all its attempts, and nothing else of what is parked", async () => {
      const { b } = await parkThree();
      assert.equal(await stage.storage.replayParked({ code: "key-missing", tenantId: "tenant" }), 1);
      assert.equal(await stage.storage.replayParked({ code: "key-missing", tenantId: "tenant" }), 0);
      assert.deepEqual(await stage.counts(), count({ waiting: 1, parked: 2 }));
      assert.deepEqual(await stage.claim(), [{ ...b, attempts: 1 }]);
      assert.equal(await stage.storage.replayParked({}), 2);
      assert.equal((await stage.claim()).length, 2);
    });

    it("comes back by its id, to a tool too", async () => {
      const { a } = await parkThree();
      const tool = await stage.open("tool");
      assert.equal(await tool.replayParked({ id: a.id }), 1);
      assert.deepEqual(await stage.claim(), [{ ...a, attempts: 1 }]);
    });
  });

  it("keeps order in each conversation, whatever comes and however it is claimed", async () => {
    const step = fc.record({
      chat: fc.constantFrom("a", "b", "c"),
      id: fc.integer({ min: 1, max: 30 }),
      take: fc.nat(3),
    });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const tenantId = `tenant-${++run}`;
        const inHand: Claim[] = [];
        for (const { chat, id, take } of steps) {
          await stage.storage.addNotifications([
            createNotification({ tenantId, conversationId: chat, messageId: String(id) }),
          ]);
          inHand.push(...(await stage.claim(take)));
          const chats = chatsOf(inHand);
          assert.equal(new Set(chats).size, chats.length, "two of one conversation were in hand");
          const done = inHand.shift();
          if (done) await stage.complete(done);
        }
        await Promise.all(inHand.map(stage.complete));
        const last = new Map<string, number>();
        for (let claims = await stage.claim(); claims.length > 0; claims = await stage.claim()) {
          for (const { message } of claims) {
            const ordinal = Number(message.messageId);
            assert.ok(ordinal > (last.get(message.conversationId) ?? 0), "out of order");
            last.set(message.conversationId, ordinal);
          }
          await Promise.all(claims.map(stage.complete));
        }
        assert.equal((await stage.storage.readCounts({ tenantId })).waiting, 0);
      }),
      { numRuns: 15 },
    );
  });
}
