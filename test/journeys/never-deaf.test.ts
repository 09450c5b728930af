/** What used to make listeners go deaf without a word: lost answers, lost databases, moved addresses, late consent. */
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { useFakeTimers, type SinonFakeTimers } from "sinon";
import { parseConfig } from "../../src/config.ts";
import { createEdges } from "../../src/edges.ts";
import { createGraph, type GraphTenant } from "../../src/graph/graph-client.ts";
import { createAppTokens } from "../../src/identity/app-tokens.ts";
import { openStorage } from "../../src/storage/open-storage.ts";
import { createMemoryLog, MANIFEST_PERMISSIONS, readReplies, setStage, type Stage } from "./stage.ts";

const MIRA = "Mira Lindqvist";
const HOUR_MS = 60 * 60_000;
const CHATS = /installedToChats\/getAllMessages$/;
/** Subscriptions to the app's chats, to four channels and to the channels of two teams. */
const EVERYWHERE = 7;
const { sleep: realSleep } = createEdges(createMemoryLog([]));

describe("is never deaf", () => {
  let stage: Stage;
  let clock: SinonFakeTimers;
  beforeEach(() => {
    clock = useFakeTimers({ now: Date.now(), toFake: ["Date"], shouldAdvanceTime: true });
  });
  afterEach(async () => {
    clock.restore();
    await stage.strike();
  });
  // Nobody sleeps for long.
  const restless = { sleep: (ms: number, signal?: AbortSignal) => realSleep(Math.min(ms, 20), signal) };
  // But the tenant gives the bot its seconds to answer in.
  const waitless = {
    sleep: (ms: number, signal?: AbortSignal) => realSleep(ms < 60_000 ? ms : 20, signal),
  };
  const passTime = (ms: number) => {
    clock.setSystemTime(Date.now() + ms);
  };
  const idsOf = (resource: RegExp) =>
    stage.tenant
      .subscriptions()
      .filter((each) => resource.test(each.resource))
      .map(({ id }) => id);
  const callsOf = (method: string) =>
    stage.tenant.calls.filter((call) => call.method === method && call.path.includes("/subscriptions"));
  /** Until all that it makes where the app is everywhere is made, and the bot has noted it. */
  const settle = () =>
    stage.waitUntil(
      "all to be noted",
      () => stage.logLines.filter((line) => line.includes('"event":"subscribed"')).length === EVERYWHERE,
    );
  const hearInChat = async (text: string) => {
    const message = stage.tenant.say({ person: MIRA, conversation: "Lunch crew", text });
    await stage.waitForTrace(
      "Graph's word",
      (trace) => trace.step === "stored" && trace.ear === "graph" && trace.message?.messageId === message.id,
    );
  };
  /** Somebody else's program with our app's secret. */
  const asOtherProgram = (): GraphTenant => {
    const config = parseConfig(stage.tenant.settings);
    const edges = createEdges(createMemoryLog([]));
    const tokens = createAppTokens({ config, edges });
    return createGraph({ config, tokens, edges })(stage.tenant.organisations[0]!.id);
  };

  it("takes over a subscription whose making was never answered", async () => {
    let isLost = true;
    stage = await setStage({
      installEverywhere: false,
      edges: {
        ...restless,
        fetch: async (input, init) => {
          const response = await fetch(input, init);
          const isCreate = init?.method === "POST" && response.url.endsWith("/subscriptions");
          if (!isCreate || !isLost) return response;
          isLost = false;
          throw new TypeError("socket hang up");
        },
      },
    });
    await stage.tenant.install("Lunch crew");
    await stage.waitUntil("the lost answer", () => !isLost && idsOf(CHATS).length === 1);
    const [id] = idsOf(CHATS);
    await stage.waitUntil("a second look", () => callsOf("PATCH").length === 1);
    assert.deepEqual(idsOf(CHATS), [id]);
    assert.equal(callsOf("POST").length, 1);
    await hearInChat("the oven is fine");
  });

  it("makes everything anew after its database is lost, and clears what it left at Graph", async () => {
    stage = await setStage({
      edges: restless,
      consentedAppRoles: ["Chat.Read.WhereInstalled", "AppCatalog.Read.All", "Team.ReadBasic.All"],
    });
    await stage.waitUntil("the chats", () => idsOf(CHATS).length === 1);
    const others = await asOtherProgram().post("/subscriptions", {
      ...{ changeType: "created", resource: "/teams", includeResourceData: false, clientState: "theirs" },
      notificationUrl: `${stage.botUrl}/api/notifications?theirs`,
      expirationDateTime: new Date(Date.now() + HOUR_MS / 2).toISOString(),
    });
    const before = stage.tenant.subscriptions().map(({ id }) => id);
    await stage.stopBot();
    for (const end of ["", "-wal", "-shm"]) {
      await rm(join(stage.dataDir, `earshot.db${end}`), { force: true });
    }
    await stage.startBot();
    // Teams is the first to tell where the app is.
    stage.tenant.say({ person: MIRA, conversation: "Lunch crew", text: "Hello again." });
    await stage.waitUntil("another subscription to the chats", () => {
      const [id] = idsOf(CHATS);
      return id !== undefined && !before.includes(id);
    });
    const foreign = (others as { id: string }).id;
    const left = stage.tenant.subscriptions().map(({ id }) => id);
    assert.deepEqual(
      left.filter((id) => before.includes(id)),
      [foreign],
    );
    await hearInChat("the oven is fine");
  });

  it("moves every subscription with its address, and hears all the while", async () => {
    stage = await setStage({ edges: restless });
    await settle();
    const before = stage.tenant
      .subscriptions()
      .map(({ id }) => id)
      .toSorted();
    const replies = () => readReplies(stage, "Lunch crew").length;
    await stage.stopBot();
    const said = stage.tenant.say({ person: MIRA, conversation: "Lunch crew", text: "the grill is down" });
    const moved = stage.botUrl.replace("127.0.0.1", "localhost");
    await stage.startBot({ BOT_ENDPOINT: moved });
    await stage.waitUntil("the move", () =>
      stage.tenant.subscriptions().every(({ notificationUrl }) => notificationUrl.startsWith(moved)),
    );
    assert.deepEqual(
      stage.tenant
        .subscriptions()
        .map(({ id }) => id)
        .toSorted(),
      before,
    );
    await stage.waitForOutcome(said, 1);
    assert.equal(replies(), 1);
    // The address for lifecycle events follows when its half-life is over.
    passTime(36 * HOUR_MS);
    const listMoved = () =>
      stage.tenant
        .subscriptions()
        .filter(({ lifecycleNotificationUrl }) => lifecycleNotificationUrl?.startsWith(moved));
    await stage.waitUntil("lifecycle events", () => listMoved().length === before.length);
    await hearInChat("the oven is fine");
  });

  it("renews whatever Graph asks it to authorize anew, once each, and hears on", async () => {
    // Graph asks when the token that a subscription lives on nears its end: here after three quarters of an hour.
    stage = await setStage({ edges: restless, tenantEdges: waitless, lifecycle: {} });
    await settle();
    const amount = EVERYWHERE;
    for (const round of [1, 2, 3]) {
      passTime(50 * 60_000);
      await stage.waitUntil("the renewals", () => callsOf("PATCH").length >= round * amount);
      await hearInChat(`the oven is fine ${round}`);
      assert.equal(callsOf("PATCH").length, round * amount);
    }
    assert.equal(callsOf("POST").filter(({ status }) => status === 201).length, amount);
  });

  it("hears each chat by itself while nobody consented for all, and changes over when somebody does", async () => {
    stage = await setStage({
      edges: restless,
      settings: { CHAT_SUBSCRIPTIONS: "beta" },
      consentedAppRoles: ["AppCatalog.Read.All"],
      rscPermissions: [...MANIFEST_PERMISSIONS, "TeamsAppInstallation.Read.Chat"],
    });
    const each = /^\/chats\/[^/]+\/messages$/;
    await stage.waitUntil("one a chat", () => idsOf(each).length === 2);
    assert.deepEqual(idsOf(CHATS), []);
    await hearInChat("the oven is fine");
    const storage = await openStorage({ kind: "sqlite", file: join(stage.dataDir, "earshot.db") }, "tool");
    const spots = await storage.listDeafSpots({});
    await storage.close();
    assert.match(JSON.stringify(spots), /Chat\.Read\.WhereInstalled/);

    stage.tenant.consent("Contoso", "Chat.Read.WhereInstalled");
    passTime(HOUR_MS + 60_000);
    await stage.waitUntil("one for all", () => idsOf(CHATS).length === 1 && idsOf(each).length === 0);
    await hearInChat("the oven is still fine");
  });

  it("gives its subscriptions back where it is uninstalled, and forgets what was said there", async () => {
    stage = await setStage({ edges: restless });
    await stage.waitUntil("all", () => idsOf(/^\/teams\//).length >= 6);
    const message = stage.tenant.say({ person: MIRA, conversation: "Outages", text: "the lift is down" });
    await stage.waitForOutcome(message);
    await stage.tenant.uninstall("Help Desk");
    await stage.waitUntil("what is left", () => idsOf(/^\/teams\/a2c47e19/).length === 0);
    const storage = await openStorage({ kind: "sqlite", file: join(stage.dataDir, "earshot.db") }, "tool");
    const conversations = await storage.listConversations({});
    await storage.close();
    assert.ok(conversations.length > 0);
    assert.ok(!conversations.some(({ conversationId }) => conversationId === message.conversationId));
  });
});
