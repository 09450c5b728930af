/** The tenant's clock moved, and the bot's address. */
import assert from "node:assert/strict";
import { decodeJwt } from "jose";
import type { Trace } from "../../src/model/trace.ts";
import { createControlClient, type ControlClient } from "./emulator-control-client.ts";
import { call, first, requestToken, startFakeBot, type FakeBot } from "./emulator-fake-bot.ts";
import { startSubscriber, type Subscriber } from "./emulator-subscriber.ts";
import { MANIFEST_PERMISSIONS, setStage, type Stage } from "./stage.ts";

const CHAT = "Lunch crew";
const MINUTE_MS = 60_000;

describe("emulated tenant: a clock that jumps and a bot that moves", () => {
  let subscriber: Subscriber;
  let control: ControlClient;
  let subscriptionId: string;

  beforeEach(async () => {
    subscriber = await startSubscriber({ rscPermissions: ["ChatMessage.Read.Chat"] });
    control = createControlClient(subscriber.tenant.url);
    await subscriber.tenant.install(CHAT);
    // For 50 minutes.
    const { json } = await subscriber.subscribe(
      `/chats/${subscriber.places.chat(CHAT).id}/messages`,
      {},
      "beta/subscriptions",
    );
    subscriptionId = String(json.id);
  });
  afterEach(() => subscriber.close());

  const say = () => subscriber.tenant.say({ person: "Priya Raman", conversation: CHAT, text: "hello" });
  const isToldOf = (id: string) => (body: unknown) => JSON.stringify(body).includes(id);
  const tellers = (id: string) =>
    subscriber.tenant.deliveries.filter(({ body }) => isToldOf(id)(body)).map(({ sender }) => sender);
  const ask = async (token: unknown) =>
    (await call(`${subscriber.tenant.url}/v1.0/subscriptions`, "GET", String(token))).status;

  it("lets subscriptions expire, and those alone whose time is over", async () => {
    await control.run("jumpClock", { ms: 49 * MINUTE_MS });
    assert.equal(subscriber.tenant.subscriptions().length, 1);
    assert.deepEqual(tellers(say().id).toSorted(), ["bot-framework", "graph"]);
    await control.run("jumpClock", { ms: 2 * MINUTE_MS });
    assert.deepEqual((await control.state()).subscriptions, []);
    assert.deepEqual(tellers(say().id), ["bot-framework"]);
    assert.equal((await subscriber.graph("GET", `v1.0/subscriptions/${subscriptionId}`)).status, 404);
  });

  it("ages access tokens, and stamps all that comes after with the new time", async () => {
    const { tenant, places } = subscriber;
    const { json } = await requestToken(tenant, places.contoso.id);
    const before = say();
    tenant.jumpClock(59 * MINUTE_MS);
    assert.equal(await ask(json.access_token), 200);
    // An hour, and the five minutes that clocks may differ.
    tenant.jumpClock(7 * MINUTE_MS);
    assert.equal(await ask(json.access_token), 401);
    const fresh = await requestToken(tenant, places.contoso.id);
    assert.equal(await ask(fresh.json.access_token), 200);
    const aheadMs = tenant.now() - Date.now();
    assert.ok(Math.abs(aheadMs - 66 * MINUTE_MS) < 5_000);
    assert.ok(Math.abs(Date.parse((await control.state()).now) - tenant.now()) < 5_000);
    const after = say();
    assert.ok(Number(after.id) - Number(before.id) >= 66 * MINUTE_MS);
    const { json: activity, authorization } = await subscriber.bot.take(
      ({ json: body }) => body.id === after.id,
    );
    assert.ok(Date.parse(String(activity.timestamp)) >= Number(after.id) - 1_000);
    const { iat = 0 } = decodeJwt(authorization.replace("Bearer ", ""));
    assert.ok(iat * 1_000 >= Number(after.id) - 1_000, "a token of before would have done, and is too old");
  });

  it("does not go back", async () => {
    const before = subscriber.tenant.now();
    assert.throws(() => subscriber.tenant.jumpClock(-1), /forward/);
    assert.throws(() => subscriber.tenant.jumpClock(Number.NaN), /forward/);
    assert.ok(subscriber.tenant.now() - before < 5_000);
  });

  describe("where the tunnel has moved", () => {
    let moved: FakeBot;
    beforeEach(async () => {
      moved = await startFakeBot();
    });
    afterEach(() => moved.close());

    const hostsOf = (id: string) =>
      Object.fromEntries(
        subscriber.tenant.deliveries
          .filter(({ body }) => isToldOf(id)(body))
          .map(({ sender, url }) => [sender, new URL(url).origin]),
      );

    it("Bot Framework posts to the new address, Graph to the old one until it is told otherwise", async () => {
      const [old, next] = [subscriber.bot.url, moved.url];
      assert.deepEqual(hostsOf(say().id), { "bot-framework": old, graph: old });
      await control.run("moveBot", { url: `${next}/` });
      const { id } = say();
      assert.deepEqual(hostsOf(id), { "bot-framework": next, graph: old });
      assert.equal((await moved.take(({ json }) => json.id === id)).path, "/api/messages");

      const renewed = await subscriber.graph("PATCH", `beta/subscriptions/${subscriptionId}`, {
        notificationUrl: `${next}/api/notifications`,
      });
      assert.equal(renewed.status, 200);
      assert.deepEqual(moved.handshakes, ["/api/notifications"]);
      const after = say();
      assert.deepEqual(hostsOf(after.id), { "bot-framework": next, graph: next });
      const { json } = await moved.take(({ path }) => path === "/api/notifications");
      assert.ok(isToldOf(after.id)(first(json.value as unknown[])));
    });

    it("what is no address is refused, and nothing moves", async () => {
      for (const url of ["bot.example", "ftp://bot.example", "http://"]) {
        assert.equal((await control.act("moveBot", { url })).status, 400, url);
      }
      assert.equal(hostsOf(say().id)["bot-framework"], subscriber.bot.url);
    });
  });
});

describe("a bot beside a clock that jumps", () => {
  let stage: Stage;
  afterEach(() => stage.strike());

  const sayAtLunch = () =>
    stage.tenant.say({ person: "Mira Lindqvist", conversation: CHAT, text: "the wifi is down" });

  it("believes no token whose time is not yet, where the clock is not its own", async () => {
    stage = await setStage();
    await stage.waitForSubscriptions(5);
    await stage.waitForOutcome(sayAtLunch());
    stage.tenant.jumpClock(10 * MINUTE_MS);
    const { id } = sayAtLunch();
    const isRefused = (ear: string) => (trace: Trace) =>
      trace.ear === ear && trace.result === "refused" && trace.code === "token-expired";
    await stage.waitForTrace("Graph to be refused", isRefused("graph"));
    await stage.waitForTrace("Bot Framework to be refused", isRefused("bot-framework"));
    assert.deepEqual(
      stage.traces.filter(({ message }) => message?.messageId === id),
      [],
    );
  });

  it("subscribes anew after four days, where the clock is its own too", async () => {
    const shared = { now: () => Date.now() };
    stage = await setStage({
      edges: { now: () => shared.now() },
      // Of chats Graph alone tells: botbuilder looks at the process's own `Date`.
      rscPermissions: MANIFEST_PERMISSIONS.filter((name) => name !== "ChatMessage.Read.Chat"),
    });
    shared.now = stage.tenant.now;
    await stage.waitForSubscriptions(5);
    const before = stage.tenant.subscriptions().map(({ id }) => id);
    await stage.stopBot();
    stage.tenant.jumpClock(4 * 24 * 60 * MINUTE_MS);
    assert.deepEqual(stage.tenant.subscriptions(), []);
    await stage.startBot();
    await stage.waitForSubscriptions(5);
    const after = stage.tenant.subscriptions();
    assert.ok(after.every(({ id }) => !before.includes(id)));
    assert.ok(after.every(({ expirationDateTime }) => Date.parse(expirationDateTime) > stage.tenant.now()));
    await stage.waitForOutcome(sayAtLunch(), 1);
  });
});
