import assert from "node:assert/strict";
import type { SubscriptionKey } from "../../src/model/ids.ts";
import { openSqlite } from "../../src/storage/sqlite/open-sqlite.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { carryOut, type Carrier } from "../../src/subscriptions/carry-out.ts";
import { digestClientState } from "../../src/subscriptions/client-state.ts";
import { LIFE_MS, type Step } from "../../src/subscriptions/plan.ts";
import { createRegistry, type Registry } from "../../src/subscriptions/registry.ts";
import { failOnLeaks } from "./leak-watch.ts";
import { createQuietEdges } from "./quiet-edges.ts";
import { createScriptedGraph, graphError, type ScriptedGraph } from "./scripted-graph.ts";
import { channelOf, createRecord, NOTIFICATION_URL } from "./subscription-record.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");
const EXPIRY = "2026-03-04T10:00:00.000Z";
const WANTED = { resource: channelOf("a"), label: "Ops › a" };
const CREATE: Step = { kind: "create", wanted: WANTED, reason: "not-subscribed" };
const LOST = "11111111-2222-4333-8444-555555555555";

describe("carrying out a plan", () => {
  failOnLeaks();
  let storage: Storage;
  let registry: Registry;
  let graph: ScriptedGraph;
  let carrier: Carrier;
  before(async () => {
    storage = await openSqlite(":memory:");
  });
  after(() => storage.close());
  beforeEach(async () => {
    for (const { key } of await storage.listSubscriptions({})) await storage.removeSubscription({ key });
    registry = createRegistry(storage);
    graph = createScriptedGraph();
    carrier = {
      registry,
      edges: createQuietEdges({ now: () => NOW }),
      urls: { notification: NOTIFICATION_URL, lifecycle: "https://bot.example.com/api/lifecycle" },
      currentCertificate: () => ({ id: "cert-1", derBase64: "TUlJ" }),
    };
  });
  const run = (step: Step) => carryOut(step, "tenant", graph, carrier);
  const answerOf = (id: string) => ({ id, resource: WANTED.resource, expirationDateTime: EXPIRY });
  const calls = () => graph.calls.map(({ method, path }) => `${method} ${path}`);
  const conflict = () =>
    graphError(
      "graph-conflict",
      `409 Subscription Id <${LOST}> already exists for the requested combination`,
    );

  it("creates with all that Graph asks for", async () => {
    graph.answer("POST /subscriptions", answerOf("sub-1"));
    await run(CREATE);
    const { clientState, ...body } = graph.calls[0]!.body!;
    assert.deepEqual(body, {
      ...{ changeType: "created,updated,deleted", resource: WANTED.resource, includeResourceData: true },
      ...{
        notificationUrl: NOTIFICATION_URL,
        lifecycleNotificationUrl: "https://bot.example.com/api/lifecycle",
      },
      ...{ encryptionCertificate: "TUlJ", encryptionCertificateId: "cert-1" },
      expirationDateTime: new Date(NOW + LIFE_MS).toISOString(),
    });
    assert.match(String(clientState), /^[\w-]{43}$/);
    const [kept, ...others] = await storage.listSubscriptions({});
    assert.deepEqual(others, []);
    const { key, ...record } = kept!;
    assert.ok(key.length > 0);
    assert.deepEqual(record, {
      ...{ tenantId: "tenant", subscriptionId: "sub-1", resource: WANTED.resource, label: WANTED.label },
      ...{ clientStateDigest: digestClientState(String(clientState)), certificateId: "cert-1" },
      ...{ changeTypes: "created,updated,deleted" },
      ...{ notificationUrl: NOTIFICATION_URL, expiresAt: Date.parse(EXPIRY), renewedAt: NOW },
    });
    assert.deepEqual(registry.list("tenant"), [kept]);
  });

  it("writes the subscription down before it asks for it, so that an early notification is known", async () => {
    graph.answer("POST /subscriptions", answerOf("sub-1"));
    let seen = 0;
    graph.onCall = async ({ body }) => {
      const early = {
        subscriptionId: "not-known-yet",
        tenantId: "tenant",
        clientState: String(body?.clientState),
      };
      assert.equal(registry.find(early)?.subscriptionId, null);
      assert.equal(registry.find({ ...early, clientState: "guess" }), undefined);
      assert.equal(registry.find({ ...early, tenantId: "other" }), undefined);
      assert.deepEqual(
        (await storage.listSubscriptions({})).map(({ subscriptionId }) => subscriptionId),
        [null],
      );
      seen += 1;
    };
    await run(CREATE);
    assert.equal(seen, 1);
    const later = { tenantId: "tenant", clientState: String(graph.calls[0]?.body?.clientState) };
    assert.equal(registry.find({ ...later, subscriptionId: "sub-1" })?.subscriptionId, "sub-1");
    assert.equal(registry.find({ ...later, subscriptionId: "another" }), undefined);
  });

  it("makes another clientState for each subscription", async () => {
    graph.answer("POST /subscriptions", answerOf("sub-1"), answerOf("sub-2"));
    await run(CREATE);
    await run({ kind: "create", wanted: { ...WANTED, resource: channelOf("b") }, reason: "not-subscribed" });
    const [one, other] = graph.calls.map(({ body }) => body?.clientState);
    assert.notEqual(one, other);
  });

  for (const code of ["graph-forbidden", "graph-unavailable", "graph-throttled", "token-refused"] as const) {
    it(`forgets what it wrote where the create fails with ${code}`, async () => {
      graph.answer("POST /subscriptions", graphError(code));
      await assert.rejects(run(CREATE), { code });
      assert.deepEqual([registry.list(), await storage.listSubscriptions({})], [[], []]);
    });
  }

  describe("where Graph already has one (409)", () => {
    it("removes that one and asks again", async () => {
      graph.answer("POST /subscriptions", conflict(), answerOf("sub-2"));
      graph.answer("DELETE", null);
      await run(CREATE);
      assert.deepEqual(calls(), [
        "POST /subscriptions",
        `DELETE /subscriptions/${LOST}`,
        "POST /subscriptions",
      ]);
      assert.equal(registry.list()[0]?.subscriptionId, "sub-2");
    });
    it("asks again, too, where that one has just gone", async () => {
      graph.answer("POST /subscriptions", conflict(), answerOf("sub-2"));
      graph.answer("DELETE", graphError("graph-not-found"));
      await run(CREATE);
      assert.equal(registry.list()[0]?.subscriptionId, "sub-2");
    });
    it("gives up where it names none, or the second is a conflict again", async () => {
      graph.answer("POST /subscriptions", graphError("graph-conflict", "409"), conflict(), conflict());
      graph.answer("DELETE", null);
      await assert.rejects(run(CREATE), { code: "graph-conflict" });
      assert.deepEqual(calls(), ["POST /subscriptions"]);
      await assert.rejects(run(CREATE), { code: "graph-conflict" });
      assert.deepEqual(registry.list(), []);
    });
  });

  describe("with a subscription at hand", () => {
    const record = createRecord("a", NOW - LIFE_MS / 2);
    const RENEW: Step = { kind: "renew", record, reason: "half-life" };
    const DELETE: Step = { kind: "delete", record, reason: "not-wanted" };
    beforeEach(() => registry.save(record));

    it("renews, and keeps the expiry that Graph returned", async () => {
      graph.answer("PATCH /subscriptions/sub-a", answerOf("sub-a"));
      await run(RENEW);
      assert.deepEqual(graph.calls[0]?.body, { expirationDateTime: new Date(NOW + LIFE_MS).toISOString() });
      const renewed = { ...record, expiresAt: Date.parse(EXPIRY), renewedAt: NOW };
      assert.deepEqual([registry.list(), await storage.listSubscriptions({})], [[renewed], [renewed]]);
    });
    it("makes it anew where Graph has dropped it", async () => {
      graph.answer("PATCH", graphError("graph-not-found"));
      graph.answer("POST /subscriptions", answerOf("sub-2"));
      await run(RENEW);
      const [made, ...others] = await storage.listSubscriptions({});
      assert.deepEqual(
        [made?.subscriptionId, made?.resource, made?.label, others],
        ["sub-2", record.resource, record.label, []],
      );
      assert.notEqual(made?.clientStateDigest, record.clientStateDigest);
    });
    it("keeps it as it is where the renewal fails otherwise", async () => {
      graph.answer("PATCH", graphError("graph-unavailable"));
      await assert.rejects(run(RENEW), { code: "graph-unavailable" });
      assert.deepEqual(registry.list(), [record]);
    });
    for (const gone of [null, graphError("graph-not-found"), graphError("graph-forbidden")]) {
      it(`forgets it after a delete that Graph answers with ${gone?.code ?? "success"}`, async () => {
        graph.answer("DELETE /subscriptions/sub-a", gone);
        await run(DELETE);
        assert.deepEqual([calls(), registry.list()], [["DELETE /subscriptions/sub-a"], []]);
      });
    }
    it("keeps it where the delete fails for now", async () => {
      graph.answer("DELETE", graphError("graph-throttled"));
      await assert.rejects(run(DELETE), { code: "graph-throttled" });
      assert.deepEqual(registry.list(), [record]);
    });
    it("replaces it: the old one goes first", async () => {
      graph.answer("DELETE /subscriptions/sub-a", null);
      graph.answer("POST /subscriptions", answerOf("sub-2"));
      await run({ kind: "replace", record, wanted: WANTED, reason: "address-changed" });
      assert.deepEqual(calls(), ["DELETE /subscriptions/sub-a", "POST /subscriptions"]);
      assert.deepEqual(
        registry.list().map(({ subscriptionId }) => subscriptionId),
        ["sub-2"],
      );
    });
    it("creates past an expired one, of which nothing stays", async () => {
      graph.answer("POST /subscriptions", answerOf("sub-2"));
      await run({ ...CREATE, reason: "expired" });
      assert.deepEqual(
        registry.list().map(({ subscriptionId }) => subscriptionId),
        ["sub-2"],
      );
      assert.equal(
        registry.find({ subscriptionId: "sub-a", tenantId: "tenant", clientState: "state-a" }),
        undefined,
      );
    });
  });

  it("has in a new registry what the last one wrote", async () => {
    const records = [
      createRecord("a", NOW),
      createRecord("b", NOW, { key: "k" as SubscriptionKey, tenantId: "other" }),
    ];
    for (const record of records) await registry.save(record);
    const again = createRegistry(storage);
    assert.deepEqual(again.list(), []);
    await again.load();
    assert.deepEqual(
      again.list().toSorted((one, other) => (one.key < other.key ? -1 : 1)),
      [records[1], records[0]],
    );
    assert.deepEqual(again.list("other"), [records[1]]);
  });
});
