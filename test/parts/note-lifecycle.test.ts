import assert from "node:assert/strict";
import { EarshotError } from "../../src/errors.ts";
import { openSqlite } from "../../src/storage/sqlite/open-sqlite.ts";
import type { Storage } from "../../src/storage/storage.ts";
import type { SubscriptionRecord } from "../../src/storage/subscription-record.ts";
import { noteLifecycle } from "../../src/subscriptions/note-lifecycle.ts";
import { createRegistry, type Registry } from "../../src/subscriptions/registry.ts";
import { PATCH_FLOOR_MS } from "../../src/subscriptions/renewal.ts";
import { failOnLeaks } from "./leak-watch.ts";
import { channelOf, createRecord } from "./subscription-record.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");
const HOUR_MS = 60 * 60_000;
const MINUTE_MS = 60_000;

describe("what Graph says of a subscription", () => {
  failOnLeaks();
  let storage: Storage;
  let registry: Registry;
  let gaps: number;

  beforeEach(async () => {
    storage = await openSqlite(":memory:");
    registry = createRegistry(storage);
    gaps = 0;
  });
  afterEach(() => storage.close());

  const hear = (kind: string, record: Pick<SubscriptionRecord, "subscriptionId">, tenantId = "tenant") =>
    noteLifecycle(
      { tenantId, subscriptionId: record.subscriptionId ?? "", kind },
      { registry, storage, edges: { now: () => NOW }, onGap: () => (gaps += 1) },
    );
  /** Made an hour ago, and known here as it was then. */
  const save = async (name: string, change: Partial<SubscriptionRecord> = {}) => {
    const record = createRecord(name, NOW - HOUR_MS, change);
    await registry.save(record);
    return record;
  };
  /** Of a second instance, which has the same database and a memory of its own. */
  const saveElsewhere = (record: SubscriptionRecord) => createRegistry(storage).save(record);
  const readStored = async () => await storage.listSubscriptions({});
  const listHere = () => registry.list().toSorted((a, b) => a.key.localeCompare(b.key));
  const install = (teamId: string | null, tenantId = "tenant") =>
    storage.savePlace({
      ...{ tenantId, placeId: `19:${teamId}`, kind: "team", teamId, name: "Ops" },
      ...{ serviceUrl: "https://smba.example/", seenAt: NOW, installedAt: NOW },
    });
  const takeTeams = async () => (await storage.takeLooks()).map(({ teamId }) => teamId).toSorted();

  describe("that is removed", () => {
    it("is known to be gone, in the database and here", async () => {
      const [record, other] = [await save("ops"), await save("other")];
      assert.equal(await hear("subscriptionRemoved", record), true);
      assert.deepEqual(await readStored(), [{ ...record, expiresAt: 0 }, other]);
      assert.deepEqual(listHere(), [{ ...record, expiresAt: 0 }, other]);
    });

    it("keeps all else that another instance has written meanwhile", async () => {
      const newer = {
        ...(await save("ops")),
        ...{
          label: "renamed",
          patchedAt: NOW - 5,
          renewedAt: NOW - 5,
          heardAt: NOW - 1,
          certificateId: "cert-2",
        },
      };
      await saveElsewhere(newer);
      assert.equal(await hear("subscriptionRemoved", newer), true);
      assert.deepEqual(await readStored(), [{ ...newer, expiresAt: 0 }]);
    });

    it("does not come back where another instance has made it anew", async () => {
      const record = await save("ops");
      const anew = { ...createRecord("anew", NOW), resource: record.resource };
      await storage.removeSubscription(record);
      await saveElsewhere(anew);
      assert.equal(await hear("subscriptionRemoved", record), false);
      assert.deepEqual(await readStored(), [anew]);
    });

    it("is known here as it was where it cannot be written down", async () => {
      const record = await save("ops");
      const hastenSubscription = () =>
        Promise.reject(new EarshotError("storage-unavailable", "the disk is full"));
      const held = createRegistry({ ...storage, hastenSubscription });
      await held.load();
      await assert.rejects(held.hasten({ key: record.key, expiresAt: 0 }), { code: "storage-unavailable" });
      assert.deepEqual(held.list(), [record]);
    });

    it("is no business of another tenant, nor one that nobody knows", async () => {
      const record = await save("ops");
      assert.equal(await hear("subscriptionRemoved", record, "other"), false);
      assert.equal(await hear("subscriptionRemoved", { subscriptionId: "sub-unknown" }), false);
      assert.equal(await hear("someday", record), false);
      assert.deepEqual(await readStored(), [record]);
    });
  });

  describe("that is to be reauthorized", () => {
    it("is renewed now, and nothing else of it changes", async () => {
      const newer = {
        ...(await save("ops")),
        label: "renamed",
        heardAt: NOW - 1,
        expiresAt: NOW + 9 * HOUR_MS,
      };
      await saveElsewhere(newer);
      assert.equal(await hear("reauthorizationRequired", newer), true);
      assert.deepEqual(await readStored(), [{ ...newer, renewAt: NOW }]);
      assert.equal(registry.list()[0]?.renewAt, NOW);
    });

    it("is not put off where it was due before", async () => {
      const record = await save("ops", { renewAt: NOW - MINUTE_MS });
      assert.equal(await hear("reauthorizationRequired", record), true);
      assert.deepEqual(await readStored(), [record]);
    });

    for (const [renewedAt, isRenewed] of [
      [NOW - PATCH_FLOOR_MS + 1, false],
      [NOW - PATCH_FLOOR_MS, true],
    ] as const) {
      it(`is ${isRenewed ? "renewed" : "left"} where another instance renewed it ${NOW - renewedAt} ms ago`, async () => {
        const newer = { ...(await save("ops")), renewedAt, patchedAt: renewedAt };
        await saveElsewhere(newer);
        assert.equal(await hear("reauthorizationRequired", newer), isRenewed);
        assert.deepEqual(await readStored(), [isRenewed ? { ...newer, renewAt: NOW } : newer]);
      });
    }
  });

  describe("that has missed something", () => {
    it("has its conversations read back, and the keeper nothing to do", async () => {
      await install("team");
      const record = await save("19:ops@thread.tacv2");
      await storage.learnConversations(
        ["19:ops@thread.tacv2", "19:other@thread.tacv2"].map((conversationId) => ({
          ...{ tenantId: "tenant", conversationId, teamId: "team", label: conversationId },
          ...{ heardUntil: NOW - HOUR_MS, dueAt: NOW + HOUR_MS },
        })),
      );
      assert.equal(await hear("missed", record), false);
      assert.equal(gaps, 1);
      const known = await storage.listConversations({ tenantId: "tenant" });
      assert.deepEqual(
        known.map(({ conversationId, gap }) => [conversationId, gap]),
        [
          ["19:ops@thread.tacv2", "drop-suspected"],
          ["19:other@thread.tacv2", null],
        ],
      );
      assert.deepEqual(await takeTeams(), []);
    });

    for (const [resource, teams] of [
      ["/teams/team/channels", ["team"]],
      ["/teams/TEAM", ["team"]],
      ["/teams", ["team", "team-2"]],
      ["/teams/getAllChannels", ["team", "team-2"]],
      ["/teams/not-installed/channels", []],
      [channelOf("19:ops@thread.tacv2"), []],
      ["/chats/getAllMessages", []],
    ] as const) {
      it(`of ${resource} has the keeper look at ${teams.length} teams anew`, async () => {
        await install("team");
        await install("team-2");
        await install(null);
        await install("team-abroad", "other");
        const record = await save("watch", { resource });
        assert.equal(await hear("missed", record), teams.length > 0);
        assert.deepEqual(await takeTeams(), teams);
        assert.equal(gaps, 0);
      });
    }
  });

  it("has a team looked at anew whose watch was removed, and none for a channel", async () => {
    await install("team");
    await hear("subscriptionRemoved", await save("19:ops@thread.tacv2"));
    assert.deepEqual(await takeTeams(), []);
    await hear("subscriptionRemoved", await save("watch", { resource: "/teams/team/channels" }));
    assert.deepEqual(await takeTeams(), ["team"]);
  });

  describe("when it was last heard", () => {
    it("is not set back by what was in hand before, here or in the database", async () => {
      const record = await save("ops");
      registry.noteHeard(record, NOW);
      await registry.save({ ...record, renewedAt: NOW });
      assert.deepEqual(registry.list(), [{ ...record, renewedAt: NOW, heardAt: NOW }]);
      await registry.saveHeard();
      await saveElsewhere({ ...record, renewedAt: NOW });
      assert.deepEqual(await readStored(), [{ ...record, renewedAt: NOW, heardAt: NOW }]);
    });

    it("outlives a load before it is written down, and what the database knows better counts", async () => {
      const [ops, other] = [await save("ops"), await save("other")];
      registry.noteHeard(ops, NOW);
      await storage.noteHeard([{ key: other.key, at: NOW - 1 }]);
      await registry.load();
      assert.deepEqual(listHere(), [
        { ...ops, heardAt: NOW },
        { ...other, heardAt: NOW - 1 },
      ]);
    });

    it("goes with its record", async () => {
      const record = await save("ops");
      registry.noteHeard(record, NOW);
      await storage.removeSubscription(record);
      await registry.load("tenant");
      assert.deepEqual(registry.list(), []);
    });
  });
});
