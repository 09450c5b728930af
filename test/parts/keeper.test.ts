import assert from "node:assert/strict";
import { openSqlite } from "../../src/storage/sqlite/open-sqlite.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { createKeeper, type Keeper } from "../../src/subscriptions/keeper.ts";
import { QUOTA } from "../../src/subscriptions/plan-quota.ts";
import { createRegistry } from "../../src/subscriptions/registry.ts";
import { LIFE_MS } from "../../src/subscriptions/renewal.ts";
import { createQuietEdges } from "./quiet-edges.ts";
import { createScriptedGraph, type ScriptedGraph } from "./scripted-graph.ts";
import { ADDRESSES } from "./subscription-record.ts";

const FIRST = "19:first@thread.tacv2";
const SECOND = "19:second@thread.tacv2";
const resourceOf = (channel: string) => `/teams/team/channels/${channel}/messages`;

describe("the keeper of two instances", () => {
  let storage: Storage;
  let graph: ScriptedGraph;
  /** What Graph has. */
  let made: Map<string, string>;
  let channels: string[];
  let leader: "one" | "other";
  let keepers: Record<"one" | "other", Keeper>;
  let turns: Record<"one" | "other", number>;
  let isOver: boolean;

  beforeEach(async () => {
    storage = await openSqlite(":memory:");
    await storage.savePlace({
      ...{ tenantId: "tenant", placeId: FIRST, kind: "team", teamId: "team", name: "Ops" },
      ...{ serviceUrl: "https://smba.example/", seenAt: 1, installedAt: 1 },
    });
    made = new Map();
    channels = [FIRST];
    leader = "one";
    turns = { one: 0, other: 0 };
    isOver = false;
    graph = createScriptedGraph();
    graph.onCall = ({ method, path, body }) => {
      const id = decodeURIComponent(path.slice("/subscriptions/".length));
      const expirationDateTime = new Date(Date.now() + LIFE_MS).toISOString();
      if (method === "POST") {
        const resource = String(body?.resource);
        made.set(`sub ${resource}`, resource);
        graph.answer("POST", { id: `sub ${resource}`, resource, expirationDateTime });
      } else if (method === "DELETE") {
        made.delete(id);
        graph.answer("DELETE", null);
      } else if (path.startsWith("/appCatalogs")) {
        graph.answer("GET /appCatalogs", []);
      } else if (path === "/subscriptions") {
        graph.answer("GET /subscriptions", []);
      } else {
        const all = channels.map((each) => ({ id: each, displayName: each, membershipType: "standard" }));
        graph.answer("GET /teams", all);
      }
    };
    keepers = { one: start("one"), other: start("other") };
  });
  afterEach(async () => {
    isOver = true;
    await Promise.all(Object.values(keepers).map((keeper) => keeper.stop()));
    await storage.close();
  });

  const start = (name: "one" | "other"): Keeper => {
    const edges = createQuietEdges();
    const keeper = createKeeper({
      storage: { ...storage, tryLead: async () => leader === name },
      registry: createRegistry(storage),
      ...{ graph: () => graph, teamsAppId: "app", botId: "bot", homeTenants: [], quota: QUOTA },
      ...{ listen: [{ kind: "installed", content: "encrypted", wantedBy: "installed" }] },
      ...{ chatSubscriptions: "off", addresses: ADDRESSES, hasKey: () => true, onGap: () => undefined },
      currentCertificate: () => ({ id: "cert", derBase64: "TUlJ" }),
      onTurn: async () => undefined,
      onReload: async () => undefined,
      edges: {
        ...edges,
        sleep: async (ms, signal) => {
          turns[name] += 1;
          await edges.sleep(Math.min(ms, 5), signal);
        },
      },
    });
    keeper.start();
    return keeper;
  };
  const until = async (holds: () => boolean) => {
    while (!holds() && !isOver) await new Promise((resolve) => setImmediate(resolve));
  };
  const pass = async (name: "one" | "other") => {
    const from = turns[name];
    await until(() => turns[name] >= from + 3);
  };
  const listens = (channel: string) => [...made.values()].includes(resourceOf(channel));

  it("takes nothing for granted that it knew when it was the keeper before", async () => {
    await until(() => listens(FIRST));
    leader = "other";
    await pass("one");
    channels = [FIRST, SECOND];
    await keepers.other.reconcile({ tenantId: "tenant", teamId: "team" });
    await until(() => listens(SECOND));
    leader = "one";
    const reads = () => graph.calls.filter(({ path }) => path === "/teams/team/channels").length;
    const before = reads();
    await until(() => reads() > before);
    await pass("one");
    assert.ok(listens(SECOND), "what the other one made still stands");
    assert.deepEqual(
      graph.calls.filter(({ method }) => method === "DELETE"),
      [],
    );
  });
});
