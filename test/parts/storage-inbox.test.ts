import assert from "node:assert/strict";
import fc from "fast-check";
import { openSqlite } from "../../src/storage/sqlite/open-sqlite.ts";
import type { Claim, Storage } from "../../src/storage/storage.ts";
import { failOnLeaks } from "./leak-watch.ts";
import { useTemporaryFolder } from "./temporary-folder.ts";
import { createNotification } from "./waiting-notification.ts";

const NOW = 10_000;
const inChat = (name: string, messageId: string) =>
  createNotification({ conversationId: `19:${name}`, messageId });

describe("the inbox in SQLite", () => {
  failOnLeaks();
  const pathOf = useTemporaryFolder();
  let storage: Storage;
  beforeEach(async () => {
    storage = await openSqlite(pathOf("earshot.db"));
  });
  afterEach(() => storage.close());

  const claim = (limit = 100, now = NOW) => storage.claimNotifications({ limit, now });
  const idsOf = (claims: readonly Claim[]) => claims.map(({ message }) => message.messageId);
  const claimIds = async (limit = 100, now = NOW) => idsOf(await claim(limit, now));
  const claimOne = async (now = NOW): Promise<Claim> => {
    const claims = await claim(1, now);
    assert.equal(claims.length, 1, "nothing was claimed");
    return claims[0]!;
  };
  const complete = ({ id }: Claim) => storage.completeNotification({ id, now: NOW });
  const counts = (change = {}) => ({ waiting: 0, claimed: 0, done: 0, parked: 0, ...change });
  const readCounts = () => storage.readCounts({});

  it("gives back what was stored, as it was stored", async () => {
    const notification = createNotification(
      { replyToId: "999", messageId: "1700000000001" },
      { ear: "bot-framework", changeType: "updated", sealed: '{"data":"\u{1f440}"}' },
    );
    await storage.addNotifications([notification]);
    const { id, ...rest } = await claimOne();
    const { version, ...told } = notification;
    assert.equal(version, "1700000000001");
    assert.equal(typeof id, "number");
    assert.deepEqual(rest, { ...told, attempts: 1 });
  });

  describe("knows a message by its key", () => {
    const first = createNotification({ replyToId: "5" });
    for (const [title, other, result] of [
      ["the same again", createNotification({ replyToId: "5" }), "duplicate"],
      [
        "the same by the other ear",
        createNotification({ replyToId: "5" }, { ear: "bot-framework" }),
        "second-ear",
      ],
      ["the same with other content", createNotification({ replyToId: "5" }, { sealed: "{}" }), "duplicate"],
      ["its change", createNotification({ replyToId: "5" }, { changeType: "updated" }), "stored"],
      ["the id in another thread", createNotification({ replyToId: "6" }), "stored"],
      ["the id of a root", createNotification({ replyToId: null }), "stored"],
      [
        "the id in another conversation",
        createNotification({ replyToId: "5", conversationId: "19:b" }),
        "stored",
      ],
      ["the id in another tenant", createNotification({ replyToId: "5", tenantId: "other" }), "stored"],
      ["another id", createNotification({ replyToId: "5", messageId: "1001" }), "stored"],
    ] as const) {
      it(`and takes ${title} as ${result}, in one batch and in two`, async () => {
        assert.deepEqual(await storage.addNotifications([first, other]), ["stored", result]);
        assert.deepEqual(await storage.addNotifications([other, first]), ["duplicate", "duplicate"]);
        assert.deepEqual(await readCounts(), counts({ waiting: result === "stored" ? 2 : 1 }));
      });
    }

    it("and still does when it is done or parked", async () => {
      await storage.addNotifications([inChat("a", "1"), inChat("b", "2")]);
      const [done, parked] = await claim();
      await complete(done!);
      await storage.parkNotification({ id: parked!.id, now: NOW, code: "wire-shape" });
      assert.deepEqual(await storage.addNotifications([inChat("a", "1"), inChat("b", "2")]), [
        "duplicate",
        "duplicate",
      ]);
      assert.deepEqual(await readCounts(), counts({ done: 1, parked: 1 }));
    });
  });

  describe("gives out of each conversation", () => {
    it("the earliest by message id, in whatever order they came", async () => {
      for (const id of ["1700000000003", "1700000000001", "1700000000002"]) {
        await storage.addNotifications([inChat("a", id)]);
      }
      const order: string[] = [];
      for (let claims = await claim(); claims.length > 0; claims = await claim()) {
        order.push(...idsOf(claims));
        await complete(claims[0]!);
      }
      assert.deepEqual(order, ["1700000000001", "1700000000002", "1700000000003"]);
    });

    it("ids by their number, not by their letters", async () => {
      await storage.addNotifications([inChat("a", "1000"), inChat("a", "999")]);
      assert.deepEqual(await claimIds(), ["999"]);
    });

    it("one at a time, from many at once", async () => {
      await storage.addNotifications(
        ["a", "b", "c"].flatMap((name) => [inChat(name, "1"), inChat(name, "2")]),
      );
      const claims = await claim();
      assert.deepEqual(claims.map(({ message }) => message.conversationId).toSorted(), [
        "19:a",
        "19:b",
        "19:c",
      ]);
      assert.deepEqual(idsOf(claims), ["1", "1", "1"]);
      assert.deepEqual(await claim(), [], "each has one in hand");
      await complete(claims.find(({ message }) => message.conversationId === "19:b")!);
      const [next, ...others] = await claim();
      assert.deepEqual([next?.message.conversationId, next?.message.messageId, others], ["19:b", "2", []]);
    });

    it("none while an earlier one came after a claim", async () => {
      await storage.addNotifications([inChat("a", "2")]);
      const late = await claimOne();
      await storage.addNotifications([inChat("a", "1")]);
      assert.deepEqual(await claim(), []);
      await complete(late);
      assert.deepEqual(await claimIds(), ["1"]);
    });

    it("no more than the limit, and two callers never the same", async () => {
      const names = Array.from({ length: 30 }, (_, index) => `chat-${index}`);
      await storage.addNotifications(names.map((name) => inChat(name, "1")));
      assert.equal((await claim(4)).length, 4);
      const claims = (await Promise.all([claim(10), claim(10), claim(10)])).flat();
      assert.equal(claims.length, 26);
      assert.equal(new Set(claims.map(({ id }) => id)).size, 26);
    });

    it("conversations of two tenants apart, though their ids are the same", async () => {
      await storage.addNotifications([createNotification(), createNotification({ tenantId: "other" })]);
      assert.equal((await claim()).length, 2);
    });
  });

  describe("after a try", () => {
    beforeEach(() => storage.addNotifications([inChat("a", "1"), inChat("a", "2"), inChat("b", "1")]));
    const claimOfA = async (now = NOW) =>
      (await claim(100, now)).find(({ message }) => message.conversationId === "19:a")!;

    it("holds a conversation until its retry is due, and no other", async () => {
      const { id } = await claimOfA();
      await storage.retryNotification({ id, dueAt: NOW + 500, code: "key-missing", isCounted: true });
      await storage.addNotifications([inChat("b", "0")]);
      assert.deepEqual(await claim(100, NOW + 499), [], "a waits, b has one in hand");
      const again = await claimOne(NOW + 500);
      assert.deepEqual([again.id, again.attempts, again.sealed], [id, 2, '{"sealed":true}']);
    });

    it("knows when the next is due, later than now", async () => {
      assert.equal(await storage.readNextDue({ now: NOW }), null);
      const { id } = await claimOfA();
      await storage.retryNotification({ id, dueAt: NOW + 500, code: "key-missing", isCounted: true });
      assert.equal(await storage.readNextDue({ now: NOW }), NOW + 500);
      assert.equal(await storage.readNextDue({ now: NOW + 500 }), null);
    });

    it("lets later ones go on past what is parked, which stays sealed", async () => {
      const { id } = await claimOfA();
      await storage.parkNotification({ id, now: NOW, code: "wire-shape" });
      assert.deepEqual(await claimIds(), ["2"]);
      assert.deepEqual(await readCounts(), counts({ claimed: 2, parked: 1 }));
    });

    it("counts by tenant, and over all", async () => {
      await storage.addNotifications([createNotification({ tenantId: "other" })]);
      await complete(await claimOfA());
      assert.deepEqual(
        await storage.readCounts({ tenantId: "tenant" }),
        counts({ done: 1, waiting: 1, claimed: 1 }),
      );
      assert.deepEqual(await storage.readCounts({ tenantId: "other" }), counts({ claimed: 1 }));
      assert.deepEqual(await readCounts(), counts({ done: 1, waiting: 1, claimed: 2 }));
    });

    it("brings back what was parked under a code, and nothing else that is parked", async () => {
      const [first, second] = await claim();
      await storage.parkNotification({ id: first!.id, now: NOW, code: "key-missing" });
      await storage.parkNotification({ id: second!.id, now: NOW, code: "wire-shape" });
      assert.equal(await storage.replayParked({ code: "key-missing" }), 1);
      assert.equal((await readCounts()).parked, 1);
      const [again] = (await claim()).filter(({ id }) => id === first!.id);
      assert.deepEqual({ ...again }, { ...first, attempts: 1 });
    });

    it("lets go of claims after a crash, each with its tries counted", async () => {
      await claim();
      assert.equal(await storage.releaseClaims(), 0, "the holder lives");
      await storage.close();
      storage = await openSqlite(pathOf("earshot.db"));
      assert.equal(await storage.releaseClaims(), 2);
      assert.equal(await storage.releaseClaims(), 0);
      const claims = await claim();
      assert.deepEqual(
        claims.map(({ attempts }) => attempts),
        [2, 2],
      );
      assert.deepEqual(await readCounts(), counts({ waiting: 1, claimed: 2 }));
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
          await storage.addNotifications([
            createNotification({ tenantId, conversationId: chat, messageId: String(id) }),
          ]);
          inHand.push(...(await claim(take)));
          const chats = inHand.map(({ message }) => message.conversationId);
          assert.equal(new Set(chats).size, chats.length, "two of one conversation were in hand");
          const done = inHand.shift();
          if (done) await complete(done);
        }
        await Promise.all(inHand.map(complete));
        const last = new Map<string, number>();
        for (let claims = await claim(); claims.length > 0; claims = await claim()) {
          for (const { message } of claims) {
            const ordinal = Number(message.messageId);
            assert.ok(ordinal > (last.get(message.conversationId) ?? 0), "out of order");
            last.set(message.conversationId, ordinal);
          }
          await Promise.all(claims.map(complete));
        }
        assert.equal((await storage.readCounts({ tenantId })).waiting, 0);
      }),
      { numRuns: 15 },
    );
  });
});
