import assert from "node:assert/strict";
import type { InstalledPlace } from "../../src/storage/storage.ts";
import { readWishList } from "../../src/subscriptions/wish-list.ts";
import { createScriptedGraph, graphError, type ScriptedGraph } from "./scripted-graph.ts";
import { createRecord } from "./subscription-record.ts";

const APP = "manifest-id";
const CHATS = "/appCatalogs/teamsApps/catalog-id/installedToChats/getAllMessages";
const APPS = `GET /appCatalogs/teamsApps?$filter=externalId eq '${APP}'`;
const CHANNELS = "GET /teams/team/channels";

const place = (change: Partial<InstalledPlace>): InstalledPlace => ({
  ...{ tenantId: "tenant", placeId: "19:general", kind: "team", teamId: "team", name: "Ops" },
  ...{ serviceUrl: "https://smba.trafficmanager.net/emea/", seenAt: 1 },
  ...change,
});
const TEAM = place({});
const CHAT = place({ kind: "chat", placeId: "19:chat", teamId: null, name: "" });
const channel = (id: string, membershipType?: string, displayName?: string) => ({
  id,
  displayName,
  membershipType,
});

describe("the wish list", () => {
  let graph: ScriptedGraph;
  beforeEach(() => {
    graph = createScriptedGraph();
  });
  const read = (places: readonly InstalledPlace[], known = [createRecord("a", 0)]) =>
    readWishList({ graph, teamsAppId: APP, places, known });
  const knowsApp = () => {
    graph.answer(APPS, [{ id: "catalog-id", externalId: APP }]);
  };

  it("is empty where the app is nowhere, and Graph is not asked", async () => {
    assert.deepEqual(await read([]), { wanted: [], deaf: [], failures: [] });
    assert.deepEqual(graph.calls, []);
  });

  it("has the app's chats by its id in the catalog", async () => {
    knowsApp();
    assert.deepEqual(await read([CHAT]), {
      wanted: [{ resource: CHATS, label: "Chats with Earshot" }],
      deaf: [],
      failures: [],
    });
  });

  it("has each standard channel of each team, and of the others says why not", async () => {
    knowsApp();
    graph.answer(CHANNELS, [
      channel("19:general", "standard", "General"),
      channel("19:old", undefined, "Old"),
      channel("19:nameless", "standard"),
      channel("19:private", "private", "Board"),
      channel("19:shared", "shared", "Partners"),
      channel("19:new", "unknownFutureValue", "Novel"),
    ]);
    graph.answer("GET /teams/second/channels", [channel("19:b", "standard", "General")]);
    const { wanted, deaf, failures } = await read([TEAM, place({ teamId: "second", name: "Sales" })]);
    assert.deepEqual(wanted.slice(1), [
      { resource: "/teams/team/channels/19:general/messages", label: "Ops › General" },
      { resource: "/teams/team/channels/19:old/messages", label: "Ops › Old" },
      { resource: "/teams/team/channels/19:nameless/messages", label: "Ops › 19:nameless" },
      { resource: "/teams/second/channels/19:b/messages", label: "Sales › General" },
    ]);
    assert.deepEqual(
      deaf.map(({ label, reason, teamId }) => `${teamId} ${label}: ${reason}`),
      [
        "team Ops › Board: not heard: it is a private channel",
        "team Ops › Partners: not heard: it is a shared channel",
        "team Ops › Novel: not heard: a kind of channel that is new to me",
      ],
    );
    assert.deepEqual(failures, []);
  });

  it("has no chats where the app is not in the catalog, and says so", async () => {
    graph.answer(APPS, []);
    const { wanted, deaf, failures } = await read([CHAT], [createRecord("chats", 0, { resource: CHATS })]);
    assert.deepEqual([wanted, failures], [[], []]);
    assert.match(
      deaf[0]?.reason ?? "",
      /Bot Framework alone: the app is not in this organisation's app catalog/,
    );
  });

  it("says of a team whose group id is not known what would help", async () => {
    knowsApp();
    const { wanted, deaf } = await read([place({ teamId: null })]);
    assert.deepEqual(
      wanted.map(({ resource }) => resource),
      [CHATS],
    );
    assert.match(deaf[0]?.reason ?? "", /install the app again/);
  });

  describe("while Graph cannot be asked", () => {
    const known = [
      createRecord("a", 0),
      createRecord("chats", 0, { resource: CHATS }),
      createRecord("other", 0, { resource: "/teams/other/channels/19:x/messages" }),
    ];
    const resources = [CHATS, known[0]!.resource];

    for (const code of [
      "graph-unavailable",
      "graph-throttled",
      "token-unavailable",
      "token-refused",
    ] as const) {
      it(`keeps what is known, and tells the failure (${code})`, async () => {
        const failures = [graphError(code), graphError(code)];
        graph.answer(APPS, failures[0]);
        graph.answer(CHANNELS, failures[1]);
        const list = await read([TEAM], known);
        assert.deepEqual(
          list.wanted.map(({ resource }) => resource),
          resources,
        );
        assert.deepEqual([list.deaf, list.failures], [[], failures]);
      });
    }

    for (const code of ["graph-forbidden", "graph-not-found"] as const) {
      it(`keeps what is known where the channels are ${code}, and says which permission is missing`, async () => {
        knowsApp();
        graph.answer(CHANNELS, graphError(code));
        const list = await read([TEAM], known);
        assert.deepEqual(
          list.wanted.map(({ resource }) => resource),
          resources,
        );
        assert.match(list.deaf[0]?.reason ?? "", /ChannelSettings\.Read\.Group is not granted/);
      });
    }

    it("keeps the chats where the catalog is forbidden, and says which permission is missing", async () => {
      graph.answer(APPS, graphError("graph-forbidden"));
      const list = await read([CHAT], known);
      assert.deepEqual(
        list.wanted.map(({ resource }) => resource),
        [CHATS],
      );
      assert.match(list.deaf[0]?.reason ?? "", /AppCatalog\.Read\.All is not consented to/);
    });

    it("does not let one team's trouble touch another's", async () => {
      knowsApp();
      graph.answer(CHANNELS, graphError("graph-unavailable"));
      graph.answer("GET /teams/second/channels", [channel("19:b", "standard", "General")]);
      const list = await read([TEAM, place({ teamId: "second", name: "Sales" })], known);
      assert.deepEqual(
        list.wanted.map(({ resource }) => resource),
        [...resources, "/teams/second/channels/19:b/messages"],
      );
      assert.equal(list.failures.length, 1);
    });

    it("takes an answer of another shape for a failure", async () => {
      knowsApp();
      graph.answer(CHANNELS, [{ displayName: "no id" }]);
      const list = await read([TEAM], known);
      assert.deepEqual(
        list.wanted.map(({ resource }) => resource),
        resources,
      );
      assert.deepEqual(
        list.failures.map(({ code }) => code),
        ["wire-shape"],
      );
    });
  });
});
