import assert from "node:assert/strict";
import type { ListenEntry } from "../../src/model/listen.ts";
import { openSqlite } from "../../src/storage/sqlite/open-sqlite.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { look } from "../../src/subscriptions/look.ts";
import type { LookNeeds } from "../../src/subscriptions/look-needs.ts";
import { QUOTA, type Quota } from "../../src/subscriptions/plan-quota.ts";
import { createRegistry, type Registry } from "../../src/subscriptions/registry.ts";
import { LIFE_MS } from "../../src/subscriptions/renewal.ts";
import { createTenantView, type TenantView } from "../../src/subscriptions/tenant-view.ts";
import { failOnLeaks } from "./leak-watch.ts";
import { createQuietEdges } from "./quiet-edges.ts";
import { createScriptedGraph, graphError, type ScriptedGraph } from "./scripted-graph.ts";
import { ADDRESSES } from "./subscription-record.ts";

const START = Date.parse("2026-03-01T12:00:00Z");
const HOUR_MS = 60 * 60_000;
const ALL_CHANNELS = "/teams/getAllMessages";
const CHATS = "/appCatalogs/teamsApps/catalog-id/installedToChats/getAllMessages";
const CHAT = "/chats/19:chat@thread.v2/messages";
const CHANNELS = ["19:a@thread.tacv2", "19:b@thread.tacv2", "19:c@thread.tacv2"];
const COMMON = { content: "encrypted", wantedBy: "listen" } as const;
const INSTALLED: ListenEntry = { kind: "installed", content: "encrypted", wantedBy: "installed" };
const listenTo = (id: string): ListenEntry => ({ ...COMMON, kind: "chat", chatId: id, query: null });
const resourceOf = (channel: string) => `/teams/team/channels/${channel}/messages`;

describe("a look at a tenant", () => {
  failOnLeaks();
  let storage: Storage;
  let registry: Registry;
  let graph: ScriptedGraph;
  let view: TenantView;
  let now: number;
  /** Resources that Graph refuses, and with what. */
  let refused: Map<string, Error>;
  let made: Map<string, string>;

  beforeEach(async () => {
    storage = await openSqlite(":memory:");
    registry = createRegistry(storage);
    now = START;
    refused = new Map();
    made = new Map();
    graph = createScriptedGraph();
    // Graph, as far as a look sees it: what is asked for is there from then on.
    graph.onCall = ({ method, path, body }) => {
      const resource = String(body?.resource);
      if (method === "POST") {
        const refusal = refused.get(resource);
        const id = `sub-${made.size}-${resource}`;
        if (!refusal) made.set(id, resource);
        graph.answer("POST /subscriptions", refusal ?? answerOf(id, resource));
      } else if (method === "PATCH") {
        const id = decodeURIComponent(path.slice("/subscriptions/".length));
        graph.answer("PATCH", answerOf(id, made.get(id)!));
      } else if (method === "DELETE") {
        made.delete(decodeURIComponent(path.slice("/subscriptions/".length)));
        graph.answer("DELETE", null);
      } else if (path.startsWith("/appCatalogs")) {
        graph.answer("GET /appCatalogs", [{ id: "catalog-id", externalId: "app" }]);
      } else if (path === "/teams/team/channels") {
        const channels = CHANNELS.map((id) => ({ id, displayName: id, membershipType: "standard" }));
        graph.answer("GET /teams/team/channels", channels);
      }
    };
    view = createTenantView({ now: () => now });
  });
  afterEach(() => storage.close());

  const answerOf = (id: string, resource: string) => ({
    ...{ id, resource },
    expirationDateTime: new Date(now + LIFE_MS).toISOString(),
  });
  const lookAt = (listen: readonly ListenEntry[], change: Partial<LookNeeds> = {}) => {
    const needs: LookNeeds = {
      ...{ storage, registry, listen, graph: () => graph, teamsAppId: "app", botId: "bot", quota: QUOTA },
      ...{ chatSubscriptions: "off", addresses: ADDRESSES, hasKey: () => true, onGap: () => undefined },
      edges: createQuietEdges({ now: () => now, randomBytes: (size) => Buffer.alloc(size) }),
      currentCertificate: () => ({ id: "cert", derBase64: "TUlJ" }),
      ...change,
    };
    return look("tenant", view, needs, new AbortController().signal);
  };
  const listMade = () => [...made.values()].toSorted();
  const asked = (method: string) => graph.calls.filter((call) => call.method === method).length;
  const place = (kind: "chat" | "team") =>
    storage.savePlace({
      ...{ tenantId: "tenant", kind, name: "", serviceUrl: "https://smba.example/", seenAt: START },
      ...(kind === "team"
        ? { placeId: CHANNELS[0]!, teamId: "team" }
        : { placeId: "19:chat@thread.v2", teamId: null }),
      installedAt: START,
    });

  it("asks once for what is wanted, and again when half of its life is over", async () => {
    graph.answer("GET /subscriptions", []);
    const { failures, nextAt } = await lookAt([listenTo("19:chat@thread.v2")]);
    assert.deepEqual([failures, listMade()], [[], [CHAT]]);
    assert.equal(nextAt, START + 12 * HOUR_MS, "by then it looks for what nobody told of");
    now = START + 24 * HOUR_MS;
    graph.answer("GET /subscriptions", []);
    // What Graph does not list is made anew.
    await lookAt([listenTo("19:chat@thread.v2")]);
    assert.equal(asked("POST"), 2);
    now += 36 * HOUR_MS;
    graph.answer("GET /subscriptions", graphError("graph-unavailable"));
    const late = await lookAt([listenTo("19:chat@thread.v2")]);
    assert.equal(asked("PATCH"), 1, "what is due is renewed though the list cannot be had");
    assert.deepEqual(
      late.failures.map(({ code }) => code),
      ["graph-unavailable"],
    );
    assert.ok(late.nextAt > now);
  });

  it("does not ask again at once for what is refused, wanted or not", async () => {
    graph.answer("GET /subscriptions", []);
    refused.set(CHAT, graphError("graph-forbidden"));
    const entry = [listenTo("19:chat@thread.v2")];
    const waits = [];
    for (let times = 0; times < 6; times += 1) {
      const { nextAt: again } = await lookAt(entry);
      waits.push((again - now) / 60_000);
      await lookAt(entry);
      assert.equal(asked("POST"), times + 1);
      now = again;
    }
    assert.deepEqual(waits, [2, 8, 32, 60, 60, 60]);
    now += 2 * HOUR_MS;
    // It is wanted no more: its time is over, and nothing is to be done about that.
    const { nextAt } = await lookAt([]);
    assert.ok(nextAt > now);
    refused.clear();
    await lookAt(entry);
    assert.deepEqual(listMade(), [CHAT]);
  });

  it("is due at once where time jumped while it looked", async () => {
    graph.answer("GET /subscriptions", []);
    const first = listenTo("19:chat@thread.v2");
    await lookAt([first]);
    const { onCall } = graph;
    graph.onCall = async (call) => {
      await onCall(call);
      // The computer slept.
      if (call.method === "POST") now += 40 * HOUR_MS;
    };
    const other = listenTo("19:other@thread.v2");
    assert.ok((await lookAt([first, other])).nextAt <= now);
    graph.onCall = onCall;
    graph.answer(
      "GET /subscriptions",
      [...made].map(([id, resource]) => answerOf(id, resource)),
    );
    const { nextAt } = await lookAt([first, other]);
    assert.equal(asked("PATCH"), 1);
    assert.ok(nextAt > now);
  });

  it("listens to each chat by itself while all of them are refused, and does not stop while it asks again", async () => {
    await place("chat");
    graph.answer("GET /subscriptions", []);
    refused.set(CHATS, graphError("graph-forbidden"));
    const beta: Partial<LookNeeds> = { chatSubscriptions: "beta" };
    graph.answer("GET /chats/19%3Achat%40thread.v2/permissionGrants", grants());
    const first = await lookAt([INSTALLED], beta);
    assert.ok(first.nextAt <= now, "there is something else to wish");
    await lookAt([INSTALLED], beta);
    assert.deepEqual(listMade(), [CHAT]);

    now += HOUR_MS + 1;
    graph.answer("GET /chats/19%3Achat%40thread.v2/permissionGrants", grants());
    await lookAt([INSTALLED], beta);
    assert.deepEqual([listMade(), asked("DELETE")], [[CHAT], 0]);

    now += HOUR_MS + 1;
    refused.clear();
    graph.answer("GET /chats/19%3Achat%40thread.v2/permissionGrants", grants());
    assert.ok((await lookAt([INSTALLED], beta)).nextAt <= now);
    await lookAt([INSTALLED], beta);
    assert.deepEqual(listMade(), [CHATS]);
  });

  it("looks again in minutes where it could not read what may be wished for", async () => {
    await place("team");
    const { onCall } = graph;
    graph.onCall = (call) => {
      if (call.path === "/teams/team/channels")
        graph.answer("GET /teams/team", graphError("graph-forbidden"));
      else return onCall(call);
    };
    graph.answer("GET /subscriptions", []);
    const { nextAt } = await lookAt([INSTALLED]);
    assert.ok(nextAt > now && nextAt <= now + 5 * 60_000);
    graph.onCall = onCall;
    now = nextAt;
    await lookAt([INSTALLED]);
    assert.ok(CHANNELS.map(resourceOf).every((resource) => listMade().includes(resource)));
  });

  it("lets no number of failing ones stand before the others", async () => {
    const [bad, good] = ["bad", "good"].map((kind) =>
      Array.from({ length: 20 }, (_, index) => listenTo(`19:${kind}${index}@thread.v2`)),
    ) as [ListenEntry[], ListenEntry[]];
    for (let index = 0; index < 20; index += 1) {
      refused.set(`/chats/19:bad${index}@thread.v2/messages`, graphError("graph-unavailable"));
    }
    const { onCall } = graph;
    graph.onCall = (call) => {
      const listed = [...made].map(([id, resource]) => answerOf(id, resource));
      if (call.method === "GET" && call.path === "/subscriptions") graph.answer("GET /subscriptions", listed);
      return onCall(call);
    };
    for (let looks = 0; looks < 4; looks += 1) {
      await lookAt([...bad, ...good]);
      now += 60_000;
    }
    assert.equal(listMade().filter((resource) => resource.includes("good")).length, 20);
  });

  describe("where the database fails once", () => {
    /** The first call of it fails. */
    const failing = (name: "saveConversations" | "openGaps"): Storage => {
      let hasFailed = false;
      const fail = async (input: never) => {
        if (hasFailed) return storage[name](input);
        hasFailed = true;
        throw graphError("storage-unavailable");
      };
      return { ...storage, [name]: fail };
    };

    it("writes down later which conversations it hears", async () => {
      await place("team");
      graph.answer("GET /subscriptions", []);
      const change = { storage: failing("saveConversations") };
      assert.equal((await lookAt([INSTALLED], change)).failures.length, 1);
      assert.deepEqual(await storage.listConversations({}), []);
      await lookAt([INSTALLED], change);
      assert.equal((await storage.listConversations({})).length, CHANNELS.length);
    });

    it("writes down later where Graph was silent", async () => {
      await place("team");
      graph.answer("GET /subscriptions", []);
      await lookAt([INSTALLED]);
      const [first] = (await storage.listConversations({})).map(({ conversationId }) => conversationId);
      await storage.finishReading({
        ...{ tenantId: "tenant", conversationId: first!, openedAt: START, heardUntil: START },
        ...{ dueAt: START + HOUR_MS, cursor: null, pollMs: null },
      });
      const record = registry.list().find(({ resource }) => resource === resourceOf(first!));
      await registry.save({ ...record!, expiresAt: 0 });
      const { failures } = await lookAt([INSTALLED], { storage: failing("openGaps") });
      assert.equal(failures.length, 1);
      const known = await storage.listConversations({});
      assert.equal(known.find(({ conversationId }) => conversationId === first)?.gap, "subscription-lost");
    });
  });

  describe("near the quota", () => {
    const quota: Quota = { most: 3, warnFrom: 2 };
    beforeEach(async () => {
      await place("team");
      graph.answer("GET /subscriptions", []);
    });

    it("takes one subscription to all channels, and then lets the single ones go", async () => {
      const { nextAt } = await lookAt([INSTALLED], { quota });
      assert.ok(listMade().includes(ALL_CHANNELS));
      assert.ok(nextAt <= now);
      await lookAt([INSTALLED], { quota });
      const broad = [CHATS, ALL_CHANNELS, "/teams/team/channels"].toSorted();
      assert.deepEqual(listMade(), broad);
      // Dropped by Graph, it is made anew; the single ones are not made for that.
      const [record] = registry.listOf("tenant", ALL_CHANNELS);
      await registry.save({ ...record!, expiresAt: 0 });
      const before = asked("POST");
      await lookAt([INSTALLED], { quota });
      assert.equal(asked("POST"), before + 1);
    });

    it("keeps as many single ones as fit where that is refused, and says which do not", async () => {
      refused.set(ALL_CHANNELS, graphError("graph-forbidden"));
      await lookAt([INSTALLED], { quota });
      await lookAt([INSTALLED], { quota });
      assert.ok(made.size <= quota.most);
      assert.ok(listMade().some((resource) => CHANNELS.map(resourceOf).includes(resource)));
      const spots = await storage.listDeafSpots({ tenantId: "tenant" });
      assert.ok(spots.some(({ reason }) => /10,000|organisation/.test(reason)));
    });
  });
});

/** What a chat allows where the app asks for its messages by itself. */
function grants(): object[] {
  return [{ permission: "ChatMessage.Read.Chat", clientId: "bot" }];
}
