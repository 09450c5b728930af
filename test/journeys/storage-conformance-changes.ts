/** Of the conformance suite: one message by two ears, its edits, its deletion. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Ear } from "../../src/model/trace.ts";
import { UNREADABLE_CODES, type NewNotification } from "../../src/storage/storage.ts";
import { createNotification } from "../parts/waiting-notification.ts";
import { count, NOW, useStage, type Engine } from "./storage-conformance-stage.ts";

const by = (ear: Ear, change: Partial<NewNotification> = {}) =>
  createNotification({}, { ear, sealed: `{"by":"${ear}"}`, ...change });
const edit = (version: string, ear: Ear = "graph") =>
  by(ear, { changeType: "updated", version, sealed: `{"edit":"${version}"}` });
const deletion = (ear: Ear = "graph") => by(ear, { changeType: "deleted", sealed: "", receivedAt: 7_000 });
const EARS: readonly (readonly [Ear, Ear])[] = [
  ["graph", "bot-framework"],
  ["bot-framework", "graph"],
];

export function describeChanges(engine: Engine): void {
  const stage = useStage(engine);
  const add = async (...notifications: NewNotification[]) => [
    ...(await stage.storage.addNotifications(notifications)),
  ];

  for (const [first, second] of EARS) {
    describe(`a message by ${first}, then by ${second}`, () => {
      const noteOnce = async () => {
        assert.deepEqual(await add(by(second)), ["second-ear"]);
        assert.deepEqual(await add(by(second), by(first), by(second)), Array(3).fill("duplicate"));
      };
      beforeEach(() => add(by(first)));

      it("while it waits: is one, and the second copy is a spare", async () => {
        await noteOnce();
        const claim = await stage.claimOne();
        assert.deepEqual([claim.ear, claim.sealed], [first, `{"by":"${first}"}`]);
        assert.equal(await stage.park(claim, "content-not-openable"), "spare");
        const anew = await stage.claimOne();
        assert.deepEqual(anew, { ...claim, ear: second, sealed: `{"by":"${second}"}`, attempts: 1 });
        assert.equal(await stage.park(anew, "content-not-openable"), "parked", "there is no third copy");
        assert.deepEqual(await add(by(first), by(second)), ["duplicate", "duplicate"]);
        assert.deepEqual(await stage.counts(), count({ parked: 1 }));
      });

      it("while it is claimed: the second copy is a spare", async () => {
        const claim = await stage.claimOne();
        await noteOnce();
        assert.equal(await stage.park(claim, "wire-shape"), "spare");
        assert.equal((await stage.claimOne()).ear, second);
      });

      it("after several tries: the spare has all its own", async () => {
        for (const attempts of [1, 2, 3]) {
          const claim = await stage.claimOne();
          assert.equal(claim.attempts, attempts);
          await stage.storage.retryNotification({
            id: claim.id,
            dueAt: NOW,
            code: "key-missing",
            isCounted: true,
          });
        }
        await noteOnce();
        assert.equal(await stage.park(await stage.claimOne(), "key-missing"), "spare");
        assert.equal((await stage.claimOne()).attempts, 1);
      });

      it("the spare does not help where reading was not the trouble", async () => {
        await noteOnce();
        assert.equal(await stage.park(await stage.claimOne(), "send-refused"), "parked");
        assert.deepEqual(await stage.counts(), count({ parked: 1 }));
      });

      for (const code of UNREADABLE_CODES) {
        it(`while it is parked as ${code}: the second copy takes its place at once`, async () => {
          const claim = await stage.claimOne();
          await stage.storage.retryNotification({
            id: claim.id,
            dueAt: NOW + 100,
            code: "key-missing",
            isCounted: true,
          });
          await stage.park(await stage.claimOne(NOW + 100), code);
          await noteOnce();
          assert.deepEqual(await stage.counts(), count({ waiting: 1 }));
          const anew = await stage.claimOne();
          assert.deepEqual(anew, { ...claim, ear: second, sealed: `{"by":"${second}"}`, attempts: 1 });
          assert.equal(await stage.park(anew, code), "parked", "the first copy does not come back");
        });
      }

      it("while it is parked for another reason: is noted", async () => {
        await stage.park(await stage.claimOne(), "send-refused");
        await noteOnce();
        assert.deepEqual(await stage.counts(), count({ parked: 1 }));
        await stage.storage.replayParked({});
        assert.equal((await stage.claimOne()).ear, first);
      });

      it("when it is done: is noted, and nothing of the copy is kept", async () => {
        await stage.complete(await stage.claimOne());
        await noteOnce();
        assert.deepEqual(await stage.counts(), count({ done: 1 }));
        assert.doesNotMatch(await stage.readRemains(), new RegExp(`"by":"${second}"`));
      });

      it("when it is handled: nothing of either copy is kept", async () => {
        await noteOnce();
        await stage.complete(await stage.claimOne());
        assert.doesNotMatch(await stage.readRemains(), /"by":/);
      });
    });
  }

  it("tells both ears apart wherever they come in one batch", async () => {
    const ear = fc.constantFrom<Ear>("graph", "bot-framework");
    const copy = fc.record({ ear, messageId: fc.constantFrom("1", "2", "3") });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(copy, { maxLength: 8 }), { maxLength: 4 }), async (batches) => {
        const tenantId = `tenant-${++run}`;
        const firstEar = new Map<string, Ear>();
        const isSecondHeard = new Set<string>();
        const expected = batches.map((batch) =>
          batch.map(({ ear, messageId }) => {
            const first = firstEar.get(messageId);
            if (!first) {
              firstEar.set(messageId, ear);
              return "stored";
            }
            if (first === ear || isSecondHeard.has(messageId)) return "duplicate";
            isSecondHeard.add(messageId);
            return "second-ear";
          }),
        );
        for (const [index, batch] of batches.entries()) {
          const notifications = batch.map(({ ear, messageId }) =>
            createNotification({ tenantId, messageId }, { ear }),
          );
          assert.deepEqual(await stage.storage.addNotifications(notifications), expected[index]);
        }
      }),
      { numRuns: 40 },
    );
  });

  describe("later changes", () => {
    it("are the edits that wait or are parked, oldest first, of this message alone", async () => {
      await add(by("graph"), edit("30"), edit("20", "bot-framework"), edit("25"));
      await stage.storage.addNotifications([
        { ...edit("40"), message: { ...edit("40").message, messageId: "1001" } },
        { ...edit("40"), message: { ...edit("40").message, replyToId: "1000" } },
        { ...edit("40"), message: { ...edit("40").message, conversationId: "19:b" } },
        { ...edit("40"), message: { ...edit("40").message, tenantId: "other" } },
      ]);
      const { message } = by("graph");
      const edits = [
        { ear: "graph", sealed: '{"edit":"30"}' },
        { ear: "bot-framework", sealed: '{"edit":"20"}' },
        { ear: "graph", sealed: '{"edit":"25"}' },
      ];
      assert.deepEqual(await stage.storage.readLaterChanges(message), { isDeleted: false, edits });
      const created = (await stage.claim()).find((claim) => claim.message.messageId === "1000")!;
      assert.equal(created.changeType, "created");
      await stage.complete(created);
      const claims = await stage.claim();
      const first = claims.find((claim) => claim.sealed === '{"edit":"30"}')!;
      // In hand it is no later change any more; set aside it still is one.
      assert.deepEqual((await stage.storage.readLaterChanges(message)).edits, edits.slice(1));
      await stage.park(first, "wire-shape");
      assert.deepEqual((await stage.storage.readLaterChanges(message)).edits, edits);
    });

    it("are none where there are none", async () => {
      await add(by("graph"));
      assert.deepEqual(await stage.storage.readLaterChanges(by("graph").message), {
        isDeleted: false,
        edits: [],
      });
    });

    it("include a deletion for as long as it is known", async () => {
      const { message } = deletion();
      await add(deletion());
      assert.equal((await stage.storage.readLaterChanges(message)).isDeleted, true);
      await stage.complete(await stage.claimOne());
      assert.equal((await stage.storage.readLaterChanges(message)).isDeleted, true);
    });
  });

  describe("a deletion", () => {
    it("takes along what waits of its message, with all that was said, and nothing else", async () => {
      const other = createNotification({ messageId: "1001" }, { sealed: '{"by":"other"}' });
      await add(by("graph"), by("bot-framework"), edit("2000"), other);
      assert.deepEqual(await add(deletion()), ["stored"]);
      assert.deepEqual(await stage.counts(), count({ done: 2, waiting: 2 }));
      assert.deepEqual(await stage.storage.readLaterChanges(by("graph").message), {
        isDeleted: true,
        edits: [],
      });
      assert.equal((await stage.claimOne()).changeType, "deleted");
      const remains = await stage.readRemains();
      assert.doesNotMatch(remains, /"by":"(graph|bot-framework)"|"edit":/);
      assert.match(remains, /"by":"other"/);
    });

    it("takes along what is parked, and it is not replayed", async () => {
      await add(by("graph"));
      await stage.park(await stage.claimOne(), "send-refused");
      await add(deletion());
      assert.deepEqual(await stage.counts(), count({ done: 1, waiting: 1 }));
      assert.equal(await stage.storage.replayParked({}), 0);
      assert.doesNotMatch(await stage.readRemains(), /"by":/);
    });

    it("leaves what is in hand to its completion", async () => {
      await add(by("graph"), by("bot-framework"));
      const claim = await stage.claimOne();
      await add(deletion());
      assert.deepEqual(await stage.counts(), count({ claimed: 1, waiting: 1 }));
      await stage.complete(claim);
      assert.deepEqual(await stage.counts(), count({ done: 1, waiting: 1 }));
      assert.doesNotMatch(await stage.readRemains(), /"by":/);
    });

    it("comes in one batch with its message, and by both ears", async () => {
      assert.deepEqual(await add(by("graph"), deletion(), deletion("bot-framework"), deletion()), [
        "stored",
        "stored",
        "second-ear",
        "duplicate",
      ]);
      assert.deepEqual(await stage.counts(), count({ done: 1, waiting: 1 }));
      assert.doesNotMatch(await stage.readRemains(), /"by":/);
    });

    it("does its work also when it comes again", async () => {
      await add(deletion());
      await add(by("graph"));
      assert.deepEqual(await stage.counts(), count({ waiting: 2 }));
      assert.deepEqual(await add(deletion()), ["duplicate"]);
      assert.deepEqual(await stage.counts(), count({ waiting: 1, done: 1 }));
    });
  });
}
