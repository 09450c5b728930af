/** Of the conformance suite: ledger, places, subscriptions, looks and leadership; retention, erasure and the schema. */
import assert from "node:assert/strict";
import { formatMessageKey } from "../../src/model/message.ts";
import type { DeafSpot } from "../../src/storage/subscription-record.ts";
import type { SubscriptionKey } from "../../src/model/ids.ts";
import type { MessageAddress } from "../../src/model/trace.ts";
import type { InstalledPlace, Storage } from "../../src/storage/storage.ts";
import { createRecord } from "../parts/subscription-record.ts";
import { createNotification } from "../parts/waiting-notification.ts";
import { count, NOW, useStage, type Engine } from "./storage-conformance-stage.ts";

const { message: MESSAGE } = createNotification();
const actionOf = (message: MessageAddress, action = "0:reply") => ({
  messageKey: formatMessageKey(message),
  rule: "outage",
  action,
});
const createPlace = (placeId: string, change: Partial<InstalledPlace> = {}): InstalledPlace => ({
  tenantId: "tenant",
  placeId,
  kind: "team",
  teamId: null,
  name: placeId,
  serviceUrl: "https://smba.trafficmanager.net/emea/",
  seenAt: 1,
  installedAt: 1,
  ...change,
});

export function describeKeeping(engine: Engine): void {
  const stage = useStage(engine);

  describe("the ledger", () => {
    const action = actionOf(MESSAGE);

    it("has an action once, and says what it had", async () => {
      assert.equal(await stage.storage.beginAction({ ...action, now: 5 }), null);
      const intended = { state: "intended", intendedAt: 5, settledAt: null };
      assert.deepEqual(await stage.storage.beginAction({ ...action, now: 6 }), intended);
      for (const other of [{ rule: "other" }, { action: "1:reply" }, { messageKey: "tenant|19:b||1" }])
        assert.equal(await stage.storage.beginAction({ ...action, ...other, now: 7 }), null);
    });

    it("is asked by many at once, and tells one of them that it is new", async () => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => stage.storage.beginAction({ ...action, now: 5 })),
      );
      assert.equal(answers.filter((answer) => answer === null).length, 1);
    });

    for (const state of ["sent", "refused", "unknown"] as const) {
      it(`keeps what became of it: ${state}; also over closing and opening`, async () => {
        await stage.storage.beginAction({ ...action, now: 5 });
        await stage.storage.settleAction({ ...action, state, sentId: null, now: 8 });
        const next = await stage.reopen();
        assert.deepEqual(await next.beginAction({ ...action, now: 9 }), {
          state,
          intendedAt: 5,
          settledAt: 8,
        });
      });
    }

    it("forgets an intention, and one whose outcome was unknown, but nothing that is settled", async () => {
      const { storage } = stage;
      await storage.beginAction({ ...action, now: 5 });
      await storage.withdrawAction(action);
      assert.equal(await storage.beginAction({ ...action, now: 6 }), null);
      await storage.settleAction({ ...action, state: "unknown", sentId: null, now: 7 });
      await storage.withdrawAction(action);
      assert.equal(await storage.beginAction({ ...action, now: 8 }), null);
      await storage.settleAction({ ...action, state: "sent", sentId: "s", now: 9 });
      await storage.withdrawAction(action);
      assert.equal((await storage.beginAction({ ...action, now: 10 }))?.state, "sent");
    });

    it("settles only what was begun", async () => {
      await stage.storage.settleAction({ ...action, state: "sent", sentId: "s", now: 8 });
      assert.equal(await stage.storage.beginAction({ ...action, now: 9 }), null);
    });

    it("knows the replies of a conversation, and of no other whose name begins alike", async () => {
      const say = async (conversationId: string, sentId: string | null, change = {}) => {
        const key = actionOf({ ...MESSAGE, conversationId, ...change }, `${sentId ?? "none"}:reply`);
        await stage.storage.beginAction({ ...key, now: 1 });
        await stage.storage.settleAction({ ...key, state: "sent", sentId, now: 2 });
      };
      await say("19:a", "1");
      await say("19:a", "2", { replyToId: "9", messageId: "10" });
      await say("19:a", null);
      await say("19:ab", "3");
      await say("19:a{", "4");
      await say("19:a", "5", { tenantId: "other" });
      const unsure = actionOf({ ...MESSAGE, conversationId: "19:a" }, "7:reply");
      await stage.storage.beginAction({ ...unsure, now: 1 });
      await stage.storage.settleAction({ ...unsure, state: "unknown", sentId: null, now: 2 });
      const ids = await stage.storage.readSentIds({ tenantId: "tenant", conversationId: "19:a" });
      assert.deepEqual([...ids].toSorted(), ["1", "2"]);
    });
  });

  describe("retention", () => {
    /** Handles a message of its own conversation at `at`, with an entry in the ledger; or leaves it where it is. */
    const leave = async (name: string, as: "done" | "parked" | "waiting" | "claimed", at: number) => {
      const notification = createNotification(
        { conversationId: `19:${name}` },
        { receivedAt: at, sealed: name },
      );
      await stage.storage.addNotifications([notification]);
      const action = actionOf(notification.message);
      await stage.storage.beginAction({ ...action, now: at });
      await stage.storage.settleAction({ ...action, state: "sent", sentId: name, now: at });
      if (as === "waiting") return;
      const claim = (await stage.claim()).find(({ sealed }) => sealed === name)!;
      if (as === "done") await stage.storage.completeNotification({ id: claim.id, now: at });
      if (as === "parked") await stage.park(claim, "wire-shape", at);
    };
    const readSent = async (name: string) =>
      (await stage.storage.readSentIds({ tenantId: "tenant", conversationId: `19:${name}` })).size;

    it("takes what was handled and what was parked, each when it is old enough, with the ledger", async () => {
      await leave("old-done", "done", 100);
      await leave("new-done", "done", 200);
      await leave("old-parked", "parked", 50);
      await leave("new-parked", "parked", 100);
      assert.deepEqual(await stage.storage.prune({ doneBefore: 200, parkedBefore: 100 }), {
        done: 1,
        parked: 1,
      });
      assert.deepEqual(await stage.counts(), count({ done: 1, parked: 1 }));
      assert.deepEqual(
        await Promise.all(["old-done", "new-done", "old-parked", "new-parked"].map(readSent)),
        [0, 1, 0, 1],
      );
      assert.deepEqual(await stage.storage.prune({ doneBefore: 200, parkedBefore: 100 }), {
        done: 0,
        parked: 0,
      });
    });

    it("leaves what waits or is in hand, with its ledger, however old it is", async () => {
      await leave("claimed", "claimed", 1);
      await leave("waiting", "waiting", 1);
      const all = { doneBefore: NOW, parkedBefore: NOW };
      assert.deepEqual(await stage.storage.prune(all), { done: 0, parked: 0 });
      assert.deepEqual(await stage.counts(), count({ waiting: 1, claimed: 1 }));
      assert.deepEqual([await readSent("waiting"), await readSent("claimed")], [1, 1]);
    });

    it("leaves the ledger of a message of which an edit is still parked", async () => {
      await leave("a", "done", 1);
      await stage.storage.addNotifications([
        createNotification({ conversationId: "19:a" }, { changeType: "updated", version: "2" }),
      ]);
      await stage.park(await stage.claimOne(), "wire-shape", 50);
      assert.deepEqual(await stage.storage.prune({ doneBefore: NOW, parkedBefore: 0 }), {
        done: 1,
        parked: 0,
      });
      assert.equal(await readSent("a"), 1);
      await stage.storage.prune({ doneBefore: NOW, parkedBefore: NOW });
      assert.equal(await readSent("a"), 0);
    });

    it("takes entries whose message is gone, also those that were only intended", async () => {
      const action = actionOf(MESSAGE);
      await stage.storage.beginAction({ ...action, now: 100 });
      await stage.storage.prune({ doneBefore: 100, parkedBefore: 0 });
      assert.equal((await stage.storage.beginAction({ ...action, now: 100 }))?.state, "intended");
      await stage.storage.prune({ doneBefore: 101, parkedBefore: 0 });
      assert.equal(await stage.storage.beginAction({ ...action, now: 101 }), null);
    });

    it("takes a bite at a time, the oldest first", async function () {
      this.timeout(60_000);
      const chats = Array.from({ length: 5_010 }, (_, index) => `19:${index}`);
      await stage.storage.addNotifications(
        chats.map((conversationId) => createNotification({ conversationId })),
      );
      for (let claims = await stage.claim(6_000); claims.length > 0; claims = await stage.claim(6_000)) {
        await Promise.all(
          claims.map(({ id, message }) =>
            stage.storage.completeNotification({ id, now: Number(message.conversationId.slice(3)) }),
          ),
        );
      }
      const all = { doneBefore: 6_000, parkedBefore: 0 };
      const first = await stage.storage.prune(all);
      assert.ok(first.done >= 1_000 && first.done < 5_010, `a bite was ${first.done}`);
      assert.deepEqual(await stage.storage.prune({ ...all, doneBefore: first.done }), { done: 0, parked: 0 });
      let pruned = first.done;
      for (let bite = first; bite.done > 0; pruned += bite.done) bite = await stage.storage.prune(all);
      assert.equal(pruned, 5_010);
      assert.deepEqual(await stage.counts(), count());
    });
  });

  describe("a conversation that is erased", () => {
    it("leaves nothing, in whatever state it was, and takes no other along", async () => {
      const inChat = (conversationId: string, messageId: string, sealed = "{secret}") =>
        createNotification({ conversationId, messageId }, { sealed });
      for (const messageId of ["1", "2", "3"]) {
        await stage.storage.addNotifications([inChat("19:gone", messageId)]);
      }
      await stage.complete(await stage.claimOne());
      await stage.park(await stage.claimOne(), "wire-shape");
      const held = await stage.claimOne();
      const kept = [
        inChat("19:gone2", "1", "{kept}"),
        { ...inChat("19:gone", "1", "{kept}"), message: { ...MESSAGE, tenantId: "other" } },
      ];
      await stage.storage.addNotifications([inChat("19:gone", "4"), ...kept]);
      for (const { message } of [held, ...kept])
        await stage.storage.beginAction({ ...actionOf(message), now: 1 });

      await stage.storage.eraseConversation({ tenantId: "tenant", conversationId: "19:gone" });
      assert.deepEqual(await stage.counts(), count({ waiting: 2 }));
      assert.equal(await stage.storage.beginAction({ ...actionOf(held.message), now: 2 }), null);
      await stage.storage.eraseConversation({ tenantId: "tenant", conversationId: "19:gone" });
      for (const { message } of kept)
        assert.equal((await stage.storage.beginAction({ ...actionOf(message), now: 2 }))?.state, "intended");
      // What was in hand is settled to no effect.
      await stage.complete(held);
      assert.deepEqual(await stage.storage.addNotifications([inChat("19:gone", "1", "")]), ["stored"]);
      const remains = await stage.readRemains();
      assert.doesNotMatch(remains, /\{secret\}/);
      assert.match(remains, /\{kept\}/);
    });
  });

  describe("places", () => {
    it("are saved, replaced, found and removed by tenant and id", async () => {
      const { storage } = stage;
      await storage.savePlace(createPlace("19:a", { teamId: "group" }));
      await storage.savePlace(createPlace("19:a", { tenantId: "other" }));
      await storage.savePlace(createPlace("19:a", { kind: "chat", name: "Lunch", seenAt: 2 }));
      const next = await stage.reopen();
      const found = await next.findPlace({ tenantId: "tenant", placeId: "19:a" });
      assert.deepEqual(found, createPlace("19:a", { kind: "chat", name: "Lunch", seenAt: 2 }));
      await next.removePlace({ tenantId: "tenant", placeId: "19:a" });
      assert.equal(await next.findPlace({ tenantId: "tenant", placeId: "19:a" }), null);
      assert.deepEqual(
        (await next.listPlaces({})).map(({ tenantId }) => tenantId),
        ["other"],
      );
    });

    it("are listed by tenant without personal talks, which may still be the newest", async () => {
      const { storage } = stage;
      await storage.savePlace(createPlace("19:b", { seenAt: 3 }));
      await storage.savePlace(createPlace("19:B", { seenAt: 2 }));
      await storage.savePlace(createPlace("a:1", { kind: "personal", seenAt: 9 }));
      await storage.savePlace(createPlace("19:c", { tenantId: "other", seenAt: 99 }));
      const list = async (filter: object) => (await storage.listPlaces(filter)).map(({ placeId }) => placeId);
      assert.deepEqual(await list({ tenantId: "tenant" }), ["19:B", "19:b"]);
      assert.deepEqual(await list({}), ["19:B", "19:b", "19:c"]);
      assert.equal((await storage.findNewestPlace({ tenantId: "tenant" }))?.placeId, "a:1");
      assert.equal(await storage.findNewestPlace({ tenantId: "nobody" }), null);
    });
  });

  describe("subscriptions", () => {
    it("are saved and replaced by key, and by nothing else", async () => {
      const one = createRecord("ops", 1_000);
      const two = { ...one, key: "key-2" as SubscriptionKey };
      await stage.storage.saveSubscription({ ...one, subscriptionId: null, expiresAt: 0 });
      await stage.storage.saveSubscription(two);
      await stage.storage.saveSubscription({ ...one, label: "renamed", changeTypes: "created,updated" });
      const next = await stage.reopen();
      assert.deepEqual(
        (await next.listSubscriptions({})).toSorted((a, b) => (a.key < b.key ? -1 : 1)),
        [two, { ...one, label: "renamed", changeTypes: "created,updated" }],
      );
      await next.removeSubscription({ key: two.key });
      assert.deepEqual(
        (await next.listSubscriptions({ tenantId: "tenant" })).map(({ key }) => key),
        [one.key],
      );
      assert.deepEqual(await next.listSubscriptions({ tenantId: "other" }), []);
    });

    it("are kept with all there is to know of them", async () => {
      const one = createRecord("ops", 1_000, {
        ...{ wantedBy: "chats: all", content: "fetch", certificateId: "", api: "beta" },
        ...{ lifecycleUrl: "https://other.example/", renewAt: 7, patchedAt: 8, heardAt: 9 },
      });
      await stage.storage.saveSubscription(one);
      assert.deepEqual(await (await stage.reopen()).listSubscriptions({}), [one]);
    });

    it("remember when they last brought something", async () => {
      const [one, two] = [createRecord("one", 1_000, { heardAt: 5 }), createRecord("two", 1_000)];
      for (const record of [one, two]) await stage.storage.saveSubscription(record);
      await stage.storage.noteHeard([
        { key: one.key, at: 4 },
        { key: two.key, at: 6 },
        { key: "gone" as SubscriptionKey, at: 7 },
      ]);
      await stage.storage.noteHeard([]);
      assert.deepEqual(
        (await stage.storage.listSubscriptions({})).map(({ heardAt }) => heardAt),
        [5, 6],
      );
    });

    it("expire and are renewed no later than said, and nothing else of them changes", async () => {
      const [one, two] = [createRecord("one", 1_000, { renewAt: 500 }), createRecord("two", 1_000)];
      for (const record of [one, two]) await stage.storage.saveSubscription(record);
      const hasten = async (times: object) => {
        await stage.storage.hastenSubscription({ key: one.key, ...times });
        return (await stage.storage.listSubscriptions({}))[0];
      };
      assert.deepEqual(await hasten({}), one);
      assert.deepEqual(await hasten({ renewAt: 501, expiresAt: one.expiresAt + 1 }), one);
      assert.deepEqual(await hasten({ renewAt: 400 }), { ...one, renewAt: 400 });
      assert.deepEqual(await hasten({ expiresAt: 0 }), { ...one, renewAt: 400, expiresAt: 0 });
      await stage.storage.hastenSubscription({ key: "gone" as SubscriptionKey, expiresAt: 0 });
      assert.deepEqual(await (await stage.reopen()).listSubscriptions({}), [
        { ...one, renewAt: 400, expiresAt: 0 },
        two,
      ]);
    });

    it("are saved without forgetting what they brought meanwhile", async () => {
      const one = createRecord("one", 1_000, { heardAt: 5 });
      await stage.storage.saveSubscription(one);
      await stage.storage.saveSubscription({ ...one, renewedAt: 2_000, expiresAt: 9, heardAt: 4 });
      assert.deepEqual(await stage.storage.listSubscriptions({}), [
        { ...one, renewedAt: 2_000, expiresAt: 9 },
      ]);
      await stage.storage.saveSubscription({ ...one, heardAt: 6 });
      assert.deepEqual(await stage.storage.listSubscriptions({}), [{ ...one, heardAt: 6 }]);
    });

    it("are found by Graph's id or, while there is none, by their clientState", async () => {
      const answered = createRecord("answered", 1_000);
      const pending = createRecord("pending", 1_000, { subscriptionId: null });
      await stage.storage.saveSubscription(answered);
      await stage.storage.saveSubscription(pending);
      const find = async (subscriptionIds: string[], clientStateDigests: string[]) =>
        (await stage.storage.findSubscriptions({ subscriptionIds, clientStateDigests }))
          .map(({ key }) => key)
          .toSorted();
      assert.deepEqual(await find(["sub-answered", "sub-x"], []), [answered.key]);
      assert.deepEqual(await find([], [answered.clientStateDigest, pending.clientStateDigest]), [
        pending.key,
      ]);
      assert.deepEqual(await find(["sub-answered"], [pending.clientStateDigest]), [
        answered.key,
        pending.key,
      ]);
      assert.deepEqual(await find([], []), []);
    });
  });

  describe("the keeper", () => {
    it("is one, and when it dies another may be", async () => {
      const { storage } = stage;
      assert.equal(await storage.tryLead(), true);
      assert.equal(await storage.tryLead(), true);
      assert.equal(await (await stage.open("tool")).tryLead(), false, "a tool leads nothing");
      if (engine.isShared) {
        const other = await stage.open();
        assert.equal(await other.tryLead(), false);
        assert.equal(await storage.tryLead(), true);
      }
      await stage.database.killHolders([storage]);
      assert.equal(await (await stage.open()).tryLead(), true);
    });

    it("is told once of each tenant and team that asked for a look, by whomever", async () => {
      assert.deepEqual(await stage.storage.takeLooks(), []);
      const tool = await stage.open("tool");
      const [all, team, other] = [
        { tenantId: "a", teamId: null },
        { tenantId: "a", teamId: "team" },
        { tenantId: "b", teamId: null },
      ];
      for (const place of [all, team]) await stage.storage.askForLook(place);
      for (const place of [team, other]) await tool.askForLook(place);
      const next = await stage.reopen();
      const byName = (place: { tenantId: string; teamId: string | null }) => JSON.stringify(place);
      assert.deepEqual(
        (await next.takeLooks()).map(byName).toSorted(),
        [all, team, other].map(byName).toSorted(),
      );
      assert.deepEqual(await next.takeLooks(), []);
      await next.askForLook(team);
      assert.deepEqual(await next.takeLooks(), [team]);
    });

    it("writes down that it was here, and the latest instant counts", async () => {
      assert.equal(await stage.storage.readAlive(), null);
      for (const now of [7, 9, 8]) await stage.storage.noteAlive({ now });
      assert.equal(await (await stage.reopen()).readAlive(), 9);
    });

    it("writes down what cannot be heard, in place of what it wrote before", async () => {
      const spot = (tenantId: string, label: string): DeafSpot => ({
        ...{ tenantId, label, teamId: "team", conversationId: null, wantedBy: "installed" },
        ...{
          state: "deaf",
          reason: "no grant",
          refused: { resource: `/chats/${label}/messages`, askAgainAt: 7 },
        },
      });
      const { storage } = stage;
      await storage.saveDeafSpots({ tenantId: "a", spots: [spot("a", "1"), spot("a", "2"), spot("a", "3")] });
      await storage.saveDeafSpots({
        tenantId: "b",
        spots: [{ ...spot("b", "4"), teamId: null, conversationId: "19:x", refused: null }],
      });
      await storage.saveDeafSpots({ tenantId: "a", spots: [spot("a", "2"), spot("a", "5")] });
      const labels = async (filter: { tenantId?: string }) =>
        (await storage.listDeafSpots(filter)).map(({ label }) => label);
      assert.deepEqual(await labels({}), ["2", "5", "4"]);
      assert.deepEqual(await labels({ tenantId: "a" }), ["2", "5"]);
      assert.deepEqual(await storage.listDeafSpots({ tenantId: "b" }), [
        { ...spot("b", "4"), teamId: null, conversationId: "19:x", refused: null },
      ]);
      assert.deepEqual((await storage.listDeafSpots({ tenantId: "a" }))[1], spot("a", "5"));
      await storage.saveDeafSpots({ tenantId: "a", spots: [] });
      assert.deepEqual(await labels({ tenantId: "a" }), []);
    });
  });

  describe("over closing and opening", () => {
    it("is all there", async () => {
      await stage.storage.addNotifications([createNotification(), createNotification({ messageId: "1001" })]);
      const claim = await stage.claimOne();
      const next = await stage.reopen();
      assert.deepEqual(await next.readCounts({}), count({ waiting: 1, claimed: 1 }));
      assert.equal(await next.releaseClaims(), 1);
      assert.deepEqual(await stage.claimOne(), claim);
    });

    it("does what was asked before it closes, and rejects what comes after", async () => {
      const { storage } = stage;
      const [stored] = await Promise.all([
        storage.addNotifications([createNotification()]),
        storage.close(),
        storage.close(),
      ]);
      assert.deepEqual(stored, ["stored"]);
      const late = { code: "storage-unavailable", disposition: "retry" };
      await assert.rejects(storage.addNotifications([createNotification({ messageId: "2" })]), late);
      await assert.rejects(storage.readCounts({}), late);
      await assert.rejects(storage.claimNotifications({ limit: 1, now: NOW }), late);
      await storage.close();
      assert.deepEqual(await (await stage.open()).readCounts({}), count({ waiting: 1 }));
    });
  });

  describe("the schema", () => {
    it("is made once where many open at once", async () => {
      const database = await engine.create();
      const openings: Storage[] = [];
      try {
        const ways = engine.isShared
          ? (["bot", "bot", "tool", "bot"] as const)
          : (["bot", "tool", "tool"] as const);
        openings.push(...(await Promise.all(ways.map((as) => database.open(as)))));
        const results = await Promise.all(
          openings.map((storage) => storage.addNotifications([createNotification()])),
        );
        assert.deepEqual(
          results.flat().toSorted(),
          ways.map((_, index) => (index === ways.length - 1 ? "stored" : "duplicate")),
        );
      } finally {
        await Promise.all(openings.map((storage) => storage.close()));
        await database.drop();
      }
    });

    it("of a later Earshot is refused, to bots and tools", async () => {
      await stage.storage.close();
      await (await stage.open()).close();
      await stage.database.tamper(engine.stampLater);
      for (const as of ["bot", "tool"] as const) {
        await assert.rejects(stage.open(as), {
          name: "EarshotError",
          code: "storage-schema-newer",
          disposition: "stop",
          message: /has schema 1000, written by a later Earshot; this one knows \d+\..*DATABASE_URL/,
        });
      }
    });
  });
}
