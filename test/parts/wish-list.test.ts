import assert from "node:assert/strict";
import type { InstalledPlace } from "../../src/storage/storage.ts";
import type { ListenEntry } from "../../src/model/listen.ts";
import { createCatalogEntry } from "../../src/subscriptions/catalog-entry.ts";
import { CHANGE_TYPES } from "../../src/subscriptions/plan.ts";
import { createTeamSheets } from "../../src/subscriptions/team-sheets.ts";
import { readWishList } from "../../src/subscriptions/wish-list.ts";
import type { WishNeeds } from "../../src/subscriptions/wishes.ts";
import { createScriptedGraph, graphError, type ScriptedGraph } from "./scripted-graph.ts";
import { createRecord } from "./subscription-record.ts";

const APP = "manifest-id";
const CHATS = "/appCatalogs/teamsApps/catalog-id/installedToChats/getAllMessages";
const APPS = `GET /appCatalogs/teamsApps?$filter=externalId eq '${APP}'`;
const CHANNELS = "GET /teams/team/channels";

const place = (change: Partial<InstalledPlace>): InstalledPlace => ({
  ...{ tenantId: "tenant", placeId: "19:general", kind: "team", teamId: "team", name: "Ops" },
  ...{ serviceUrl: "https://smba.trafficmanager.net/emea/", seenAt: 1 },
  installedAt: 1_000,
  ...change,
});
const TEAM = place({});
const CHAT = place({ kind: "chat", placeId: "19:chat", teamId: null, name: "" });
const channel = (id: string, membershipType?: string, displayName?: string, more: object = {}) => ({
  id,
  displayName,
  membershipType,
  ...more,
});
const INSTALLED: ListenEntry = { kind: "installed", content: "encrypted", wantedBy: "installed" };
const COMMON = { wantedBy: "installed", changeTypes: CHANGE_TYPES, content: "encrypted", api: "v1.0" };
const WATCH = "/teams/team/channels";

describe("the wish list", () => {
  let graph: ScriptedGraph;
  beforeEach(() => {
    graph = createScriptedGraph();
  });
  const read = (
    places: readonly InstalledPlace[],
    known = [createRecord("a", 0)],
    change: Partial<WishNeeds> = {},
  ) =>
    readWishList({
      ...{ tenantId: "tenant", graph, teamsAppId: APP, botId: "bot", listen: [INSTALLED], places, known },
      ...{
        sheets: createTeamSheets({ now: () => 0 }),
        catalog: createCatalogEntry({ now: () => 0 }),
        chatSubscriptions: "off",
        isRefused: () => false,
      },
      now: 5_000,
      ...change,
    });
  const knowsApp = () => {
    graph.answer(APPS, [{ id: "catalog-id", externalId: APP }]);
  };

  it("is empty where the app is nowhere, and Graph is not asked", async () => {
    assert.deepEqual(await read([]), { wanted: [], conversations: [], deaf: [], failures: [] });
    assert.deepEqual(graph.calls, []);
  });

  it("has the app's chats by its id in the catalog", async () => {
    knowsApp();
    assert.deepEqual(await read([CHAT]), {
      wanted: [{ ...COMMON, resource: CHATS, label: "Chats with Earshot" }],
      conversations: [
        { conversationId: "19:chat", teamId: null, label: "19:chat", since: 1_000, isDoubtful: false },
      ],
      deaf: [],
      failures: [],
    });
  });

  it("has each channel of each team, and a look-out for others", async () => {
    knowsApp();
    graph.answer(CHANNELS, [
      channel("19:general", "standard", "General", { createdDateTime: "1970-01-01T00:00:00.500Z" }),
      channel("19:young", "standard", "Young", { createdDateTime: "1970-01-01T00:00:02Z" }),
      channel("19:nameless"),
      channel("19:private", "private", "Board"),
      channel("19:shared", "shared", "Partners"),
      channel("19:new", "unknownFutureValue", "Novel"),
      channel("19:archived", "standard", "Past", { isArchived: true }),
    ]);
    graph.answer("GET /teams/second/channels", [channel("19:b", "standard", "General")]);
    const list = await read([TEAM, place({ teamId: "second", name: "Sales" })]);
    assert.deepEqual(
      list.wanted.slice(1).map(({ resource, label }) => `${resource} ${label}`),
      [
        "/teams/team/channels/19:general/messages Ops › General",
        "/teams/team/channels/19:young/messages Ops › Young",
        "/teams/team/channels/19:nameless/messages Ops › 19:nameless",
        "/teams/team/channels/19:private/messages Ops › Board",
        "/teams/team/channels/19:shared/messages Ops › Partners",
        "/teams/team/channels/19:new/messages Ops › Novel",
        `${WATCH} Ops › list of channels`,
        "/teams/second/channels/19:b/messages Sales › General",
        "/teams/second/channels Sales › list of channels",
      ],
    );
    assert.deepEqual(
      list.conversations.map(({ label, since, isDoubtful }) => [label, since, isDoubtful]),
      [
        ["Ops › General", 1_000, false],
        ["Ops › Young", 2_000, false],
        ["Ops › 19:nameless", 1_000, false],
        ["Ops › Board", 1_000, true],
        ["Ops › Partners", 1_000, true],
        ["Ops › Novel", 1_000, true],
        ["Sales › General", 1_000, false],
      ],
    );
    assert.deepEqual([list.deaf, list.failures], [[], []]);
  });

  it("asks for a team's channels once, until it is told to forget them", async () => {
    const sheets = createTeamSheets({ now: () => 0 });
    for (const forget of [null, "other", "team"]) {
      if (forget) sheets.forget(forget);
      knowsApp();
      if (forget !== "other") graph.answer(CHANNELS, [channel("19:general")]);
      assert.equal((await read([TEAM], [], { sheets })).conversations.length, 1);
    }
    assert.equal(graph.calls.filter(({ path }) => path === WATCH).length, 2);
  });

  describe("with one subscription a chat, where there is none for all", () => {
    const beta = { chatSubscriptions: "beta", isRefused: (resource: string) => resource === CHATS } as const;
    const grants = (...permissions: string[]) =>
      permissions.map((permission) => ({ clientAppId: "bot", clientId: "service", permission }));
    const OWN = { ...COMMON, resource: "/chats/19:chat/messages", label: "19:chat", api: "beta" };

    it("wants each in which the permission is granted, and the one for all as before", async () => {
      knowsApp();
      graph.answer("GET /chats/19%3Achat/permissionGrants", grants("ChatMessage.Read.Chat"));
      const { wanted, conversations, deaf } = await read([CHAT], [], beta);
      assert.deepEqual(wanted, [{ ...COMMON, resource: CHATS, label: "Chats with Earshot" }, OWN]);
      assert.deepEqual([conversations.map(({ conversationId }) => conversationId), deaf], [["19:chat"], []]);
    });
    for (const [title, granted] of [
      ["nothing", grants()],
      ["something else", grants("ChatSettings.Read.Chat")],
      ["another app was granted it", [{ clientAppId: "stranger", permission: "ChatMessage.Read.Chat" }]],
      [
        "it was taken back",
        [{ clientId: "bot", permission: "ChatMessage.Read.Chat", deletedDateTime: "2026-01-01T00:00:00Z" }],
      ],
    ] as const) {
      it(`says which permission is missing where ${title} is granted`, async () => {
        knowsApp();
        graph.answer("GET /chats/19%3Achat/permissionGrants", [...granted]);
        const { wanted, conversations, deaf } = await read([CHAT], [], beta);
        assert.deepEqual([wanted.length, conversations], [1, []]);
        assert.match(deaf[0]?.reason ?? "", /ChatMessage\.Read\.Chat is not granted in this chat/);
      });
    }
    it("tries where grants cannot be read", async () => {
      knowsApp();
      graph.answer("GET /chats/19%3Achat/permissionGrants", graphError("graph-forbidden"));
      assert.deepEqual((await read([CHAT], [], beta)).wanted[1], OWN);
    });
    it("does without them where all are heard, and where the setting is off", async () => {
      for (const change of [
        { ...beta, isRefused: () => false },
        { ...beta, chatSubscriptions: "off" as const },
      ]) {
        knowsApp();
        assert.equal((await read([CHAT], [], change)).wanted.length, 1);
      }
    });
  });

  it("has what `listen:` names, wherever the app is", async () => {
    const listen: ListenEntry[] = [
      { kind: "all-chats", content: "fetch", wantedBy: "chats: all" },
      { kind: "team", teamId: "t", content: "encrypted", wantedBy: "team t" },
      { kind: "chat", chatId: "19:x@thread.v2", query: null, content: "encrypted", wantedBy: "chat 19:x" },
      {
        ...{ kind: "chat", chatId: "19:y@thread.v2", content: "encrypted", wantedBy: "chat 19:y" },
        query: { kind: "search", text: "hello" },
      },
    ];
    const { wanted, conversations } = await read([], [], { listen });
    assert.deepEqual(
      wanted.map(({ resource, content }) => [resource, content]),
      [
        ["/chats/getAllMessages", "fetch"],
        ["/teams/t", "fetch"],
        ["/teams/t/channels", "fetch"],
        ["/chats/19:x@thread.v2/messages", "encrypted"],
        ['/chats/19:y@thread.v2/messages?$search="hello"', "encrypted"],
      ],
    );
    // What is filtered is not read back: Graph would give all of it.
    assert.deepEqual(
      conversations.map(({ conversationId, since }) => [conversationId, since]),
      [["19:x@thread.v2", 5_000]],
    );
    assert.deepEqual(graph.calls, []);
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
        [...resources, "/teams/second/channels/19:b/messages", "/teams/second/channels"],
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
