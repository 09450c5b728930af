import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { EarshotError } from "../../src/errors.ts";
import type { SubscriptionKey } from "../../src/model/ids.ts";
import { openSqlite } from "../../src/storage/sqlite/open-sqlite.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { carryOut, IN_FLIGHT_MS, type Carrier } from "../../src/subscriptions/carry-out.ts";
import { digestClientState } from "../../src/subscriptions/client-state.ts";
import { CHANGE_TYPES, type Step, type Wanted } from "../../src/subscriptions/plan.ts";
import { LIFE_MS } from "../../src/subscriptions/renewal.ts";
import { createRegistry, type Registry } from "../../src/subscriptions/registry.ts";
import { failOnLeaks } from "./leak-watch.ts";
import { createQuietEdges } from "./quiet-edges.ts";
import { createScriptedGraph, graphError, type ScriptedGraph } from "./scripted-graph.ts";
import {
  ADDRESSES,
  channelOf,
  createRecord,
  LIFECYCLE_URL,
  NOTIFICATION_URL,
} from "./subscription-record.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");
const EXPIRY = "2026-03-04T10:00:00.000Z";
const RENEW_AT = NOW + Math.round((Date.parse(EXPIRY) - NOW) / 2);
const WANTED: Wanted = {
  ...{ resource: channelOf("a"), label: "Ops › a", wantedBy: "installed" },
  ...{ changeTypes: CHANGE_TYPES, content: "encrypted", api: "v1.0" },
};
const CREATE: Step = { kind: "create", wanted: WANTED, lost: null, reason: "not-subscribed" };
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
      // Chance draws no jitter.
      edges: createQuietEdges({
        now: () => NOW,
        randomBytes: (size) => (size === 1 ? Buffer.alloc(1) : randomBytes(size)),
      }),
      addresses: ADDRESSES,
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
        lifecycleNotificationUrl: LIFECYCLE_URL,
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
      ...{ wantedBy: "installed", content: "encrypted", api: "v1.0" },
      ...{ notificationUrl: NOTIFICATION_URL, lifecycleUrl: LIFECYCLE_URL },
      ...{ expiresAt: Date.parse(EXPIRY), renewedAt: NOW, renewAt: RENEW_AT, patchedAt: 0, heardAt: 0 },
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
    await run({ ...CREATE, wanted: { ...WANTED, resource: channelOf("b") } });
    const [one, other] = graph.calls.map(({ body }) => body?.clientState);
    assert.notEqual(one, other);
  });

  it("asks for no content where it is to be fetched, and at the beta where that is wanted", async () => {
    graph.answer("POST /subscriptions", answerOf("sub-1"));
    await run({ ...CREATE, wanted: { ...WANTED, content: "fetch", api: "beta" } });
    const { body, api } = graph.calls[0]!;
    assert.deepEqual(
      [body?.includeResourceData, body?.encryptionCertificate, api],
      [false, undefined, "beta"],
    );
    assert.deepEqual(
      registry.list().map(({ content, certificateId, api: kept }) => [content, certificateId, kept]),
      [["fetch", "", "beta"]],
    );
  });

  it("says what to look at where Graph did not reach us, and that it may be tried again", async () => {
    const text =
      "POST /subscriptions: Graph answered 400 ValidationError Subscription validation request timed out.";
    graph.answer("POST /subscriptions", graphError("graph-refused", text), graphError("graph-refused"));
    await assert.rejects(run(CREATE), (error: EarshotError) => {
      assert.deepEqual([error.code, error.disposition], ["endpoint-unreachable", "retry"]);
      assert.match(error.message, /https:\/\/bot\.example\.com\/api\/notifications .*BOT_ENDPOINT/);
      return true;
    });
    await assert.rejects(run(CREATE), { code: "graph-refused" });
    assert.deepEqual(registry.list(), []);
  });

  it("keeps what it wrote where the answer is unknown: Graph may have made it", async () => {
    graph.answer("POST /subscriptions", graphError("graph-unavailable"));
    await assert.rejects(run(CREATE), { code: "graph-unavailable" });
    assert.deepEqual(
      (await storage.listSubscriptions({})).map(({ subscriptionId, resource }) => [subscriptionId, resource]),
      [[null, WANTED.resource]],
    );
  });

  for (const code of ["graph-forbidden", "graph-throttled", "token-refused"] as const) {
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
    it("takes over the one that it asked for without hearing the answer", async () => {
      const unanswered = createRecord("a", 0, { subscriptionId: null, expiresAt: 0, renewedAt: 0 });
      await registry.save(unanswered);
      graph.answer("POST /subscriptions", conflict());
      graph.answer(`PATCH /subscriptions/${LOST}`, answerOf(LOST));
      await run({ ...CREATE, lost: unanswered, reason: "create-unanswered" });
      assert.deepEqual(
        registry.list().map(({ key, subscriptionId, expiresAt }) => [key, subscriptionId, expiresAt]),
        [[unanswered.key, LOST, Date.parse(EXPIRY)]],
      );
      const state = { subscriptionId: LOST, tenantId: "tenant", clientState: "state-a" };
      assert.equal(registry.find(state)?.clientStateDigest, unanswered.clientStateDigest);
    });
    it("makes it anew where it asked twice, and cannot tell whose clientState it is", async () => {
      for (const key of ["one", "two"]) {
        await registry.save(
          createRecord("a", 0, { key: key as SubscriptionKey, subscriptionId: null, expiresAt: 0 }),
        );
      }
      graph.answer("POST /subscriptions", conflict(), answerOf("sub-2"));
      graph.answer(`DELETE /subscriptions/${LOST}`, null);
      await run(CREATE);
      assert.deepEqual(
        (await storage.listSubscriptions({})).map(({ subscriptionId }) => subscriptionId),
        ["sub-2"],
      );
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
    const RENEW: Step = { kind: "renew", record, reason: "due" };
    const DELETE: Step = { kind: "delete", record, reason: "not-wanted" };
    beforeEach(() => registry.save(record));

    it("renews, and keeps the expiry that Graph returned", async () => {
      graph.answer("PATCH /subscriptions/sub-a", answerOf("sub-a"));
      await run(RENEW);
      assert.deepEqual(graph.calls[0]?.body, { expirationDateTime: new Date(NOW + LIFE_MS).toISOString() });
      const renewed = {
        ...record,
        ...{ expiresAt: Date.parse(EXPIRY), renewedAt: NOW, renewAt: RENEW_AT, patchedAt: NOW },
      };
      assert.deepEqual([registry.list(), await storage.listSubscriptions({})], [[renewed], [renewed]]);
    });
    it("takes a changed address and a new certificate along, and says since when nothing was heard", async () => {
      const moved = {
        ...record,
        notificationUrl: "https://old.example/",
        certificateId: "cert-0",
        heardAt: NOW - 7,
      };
      await registry.save(moved);
      graph.answer("PATCH /subscriptions/sub-a", answerOf("sub-a"));
      assert.equal(await run({ ...RENEW, record: moved, reason: "address-changed" }), NOW - 7 - IN_FLIGHT_MS);
      assert.deepEqual(graph.calls[0]?.body, {
        ...{ expirationDateTime: new Date(NOW + LIFE_MS).toISOString(), notificationUrl: NOTIFICATION_URL },
        ...{ encryptionCertificate: "TUlJ", encryptionCertificateId: "cert-1" },
      });
      const [kept] = await storage.listSubscriptions({});
      assert.deepEqual([kept?.notificationUrl, kept?.certificateId], [NOTIFICATION_URL, "cert-1"]);
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
      // It may have been done: Graph wants no other one within ten minutes.
      assert.deepEqual(registry.list(), [{ ...record, patchedAt: NOW }]);
    });
    it("may be renewed again at once where the renewal was surely not done", async () => {
      graph.answer("PATCH", graphError("graph-throttled"));
      await assert.rejects(run(RENEW), { code: "graph-throttled" });
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
      const silentSince = await run({ kind: "replace", record, wanted: WANTED, reason: "changes-differ" });
      assert.equal(silentSince, NOW - IN_FLIGHT_MS);
      assert.deepEqual(calls(), ["DELETE /subscriptions/sub-a", "POST /subscriptions"]);
      assert.deepEqual(
        registry.list().map(({ subscriptionId }) => subscriptionId),
        ["sub-2"],
      );
    });
    it("knows, where it could not be replaced, that there is none", async () => {
      graph.answer("DELETE /subscriptions/sub-a", null);
      graph.answer("POST /subscriptions", graphError("graph-throttled"));
      const step: Step = { kind: "replace", record, wanted: WANTED, reason: "changes-differ" };
      await assert.rejects(run(step), { code: "graph-throttled" });
      assert.deepEqual(registry.list(), [{ ...record, expiresAt: 0 }]);
    });
    it("takes over what Graph lists, and renews it", async () => {
      const unanswered = { ...record, subscriptionId: null, expiresAt: 0, renewedAt: 0, renewAt: 0 };
      await registry.save(unanswered);
      graph.answer(`PATCH /subscriptions/${LOST}`, answerOf(LOST));
      const listed = { ...answerOf(LOST), notificationUrl: NOTIFICATION_URL };
      await run({ kind: "adopt", record: unanswered, listed, reason: "create-unanswered" });
      assert.deepEqual(
        registry.list().map(({ key, subscriptionId }) => [key, subscriptionId]),
        [[record.key, LOST]],
      );
    });
    it("makes anew what Graph listed and has no more", async () => {
      const unanswered = { ...record, subscriptionId: null, expiresAt: 0, renewedAt: 0, renewAt: 0 };
      await registry.save(unanswered);
      graph.answer(`PATCH /subscriptions/${LOST}`, graphError("graph-not-found"));
      graph.answer("POST /subscriptions", answerOf("sub-2"));
      const listed = { ...answerOf(LOST), notificationUrl: NOTIFICATION_URL };
      await run({ kind: "adopt", record: unanswered, listed, reason: "create-unanswered" });
      assert.deepEqual(
        registry.list().map(({ subscriptionId }) => subscriptionId),
        ["sub-2"],
      );
    });
    it("removes a stray one, and nothing that we wrote down", async () => {
      graph.answer(`DELETE /subscriptions/${LOST}`, null);
      const listed = { ...answerOf(LOST), notificationUrl: NOTIFICATION_URL };
      await run({ kind: "delete-orphan", listed, reason: "orphan" });
      assert.deepEqual([calls(), registry.list()], [[`DELETE /subscriptions/${LOST}`], [record]]);
    });
    it("creates past an expired one, of which nothing stays", async () => {
      graph.answer("POST /subscriptions", answerOf("sub-2"));
      assert.equal(
        await run({ ...CREATE, lost: record, reason: "expired" }),
        record.renewedAt - IN_FLIGHT_MS,
      );
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
