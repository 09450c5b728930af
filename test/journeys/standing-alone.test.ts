/** The tenant that stands alone, to a bot that takes no care: tokens end, hosts go down, and it is asked to stop. */
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { startStandingAlone, type StandingAlone } from "../../src/emulator/standing-alone.ts";
import { createQuietEdges } from "../parts/quiet-edges.ts";
import { useTemporaryFolder } from "../parts/temporary-folder.ts";
import { createControlClient, type ControlClient } from "./emulator-control-client.ts";
import { call, startFakeBot, type FakeBot } from "./emulator-fake-bot.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const CHAT = "Lunch crew";
const ROLE = "Chat.Read.All";

interface Item {
  readonly changeType?: string;
  readonly lifecycleEvent?: string;
  readonly resourceData?: { readonly id: string };
}
interface Shown {
  readonly index: number;
  readonly state: string;
  readonly attempts: readonly { readonly status: number | null }[];
}

describe("the tenant standing alone, and a bot in it", function () {
  this.timeout(8_000);
  const pathOf = useTemporaryFolder();
  let bot: FakeBot;
  let tenant: StandingAlone;
  let control: ControlClient;
  let nowMs: () => number;

  beforeEach(async () => {
    let offsetMs = 0;
    nowMs = () => Date.now() + offsetMs;
    bot = await startFakeBot();
    tenant = await startStandingAlone({
      ...{ edges: createQuietEdges(), port: 0, botUrl: bot.url, seed: 1, organisations: 1 },
      ...{ rscPermissions: [], recordDir: pathOf("kept"), tlsDir: null },
    });
    const client = createControlClient(tenant.url);
    control = {
      ...client,
      async run(name, args) {
        if (name === "jumpClock") offsetMs += (args as { ms: number }).ms;
        return client.run(name, args);
      },
    };
    await control.run("install", { place: CHAT });
    await control.run("consent", { organisation: "Contoso", role: ROLE });
  });
  afterEach(async () => {
    await tenant.stop();
    await bot.close();
  });

  /** With a token of this instant. */
  async function graph(method: string, path: string, body?: object) {
    const { BOT_ID = "", BOT_PASSWORD = "" } = tenant.settings;
    const form = new URLSearchParams({
      ...{ grant_type: "client_credentials", client_id: BOT_ID, client_secret: BOT_PASSWORD },
      scope: "https://graph.microsoft.com/.default",
    });
    const tokenUrl = `${tenant.url}/${tenant.organisations[0]?.id}/oauth2/v2.0/token`;
    const { json } = await call(tokenUrl, "POST", "", form);
    return call(`${tenant.url}/v1.0${path}`, method, String(json.access_token), body);
  }
  async function readChatId(): Promise<string> {
    const [contoso] = (await control.state()).organisations;
    return contoso?.chats.find(({ name }) => name === CHAT)?.id ?? "";
  }
  const planSubscription = async () => ({
    changeType: "created",
    resource: `/chats/${await readChatId()}/messages`,
    notificationUrl: `${bot.url}/api/notifications`,
    lifecycleNotificationUrl: `${bot.url}/api/lifecycle`,
    expirationDateTime: new Date(nowMs() + 48 * HOUR_MS).toISOString(),
  });
  async function subscribe(): Promise<string> {
    const { status, json } = await graph("POST", "/subscriptions", await planSubscription());
    assert.equal(status, 201, JSON.stringify(json));
    return String(json.id);
  }
  const say = async () => {
    const said = await control.run("say", { person: "Priya Raman", conversation: CHAT, text: "hello" });
    return (said as { id: string }).id;
  };
  const listItems = () =>
    bot.heard.flatMap(({ path, json }) => (path === "/api/messages" ? [] : (json.value as Item[])));
  const takeEvent = (event: string) =>
    bot.take(({ path, json }) => path === "/api/lifecycle" && JSON.stringify(json).includes(event));
  const takeNews = (id: string) =>
    bot.take(({ path, json }) => path === "/api/notifications" && JSON.stringify(json).includes(id));

  describe("whose token ends", () => {
    it("is asked for another, hears nothing without one, and the rest when it has brought it", async () => {
      const id = await subscribe();
      await takeNews(await say());
      await control.run("jumpClock", { ms: 50 * MINUTE_MS });
      await takeEvent("reauthorizationRequired");
      await control.run("jumpClock", { ms: 8 * HOUR_MS });
      await takeEvent("reauthorizationRequired");
      const unheard = await say();
      // What comes after it, and does not wait, has come.
      await control.run("sendLifecycle", { subscriptionId: id, event: "missed" });
      await takeEvent("missed");
      assert.ok(!listItems().some(({ resourceData }) => resourceData?.id === unheard));
      assert.equal((await graph("POST", `/subscriptions/${id}/reauthorize`)).status, 204);
      await takeNews(unheard);
    });

    it("is heard on where it renews in time, and not asked again", async () => {
      const id = await subscribe();
      for (let hours = 0; hours < 8; hours += 1) {
        await control.run("jumpClock", { ms: 50 * MINUTE_MS });
        await takeEvent("reauthorizationRequired");
        assert.equal((await graph("POST", `/subscriptions/${id}/reauthorize`)).status, 204);
        await control.run("jumpClock", { ms: 10 * MINUTE_MS });
        await takeNews(await say());
      }
      assert.equal(listItems().filter(({ lifecycleEvent }) => lifecycleEvent).length, 8);
    });

    it("is asked too where a consent is withdrawn", async () => {
      await subscribe();
      await control.run("consent", { organisation: "Contoso", role: "Team.ReadBasic.All" });
      await control.run("jumpClock", { ms: MINUTE_MS });
      await control.run("withdrawConsent", { organisation: "Contoso", role: ROLE });
      assert.deepEqual(listItems(), []);
      await control.run("jumpClock", { ms: MINUTE_MS });
      await takeEvent("reauthorizationRequired");
    });
  });

  describe("which does not answer", () => {
    const tryActs = async (id: string) => {
      const sent = (await control.run("sendLifecycle", { subscriptionId: id, event: "missed" })) as Shown;
      const again = (await control.run("deliverAgain", { index: 0 })) as Shown;
      await control.run("uninstall", { place: CHAT });
      await control.run("install", { place: CHAT });
      await control.run("removeSubscription", { subscriptionId: id });
      assert.deepEqual((await control.state()).subscriptions, []);
      return [sent, again].map(({ state, attempts }) => [state, attempts.map(({ status }) => status)]);
    };

    it("keeps no act from its answer, which comes with the first attempt", async () => {
      assert.deepEqual(await tryActs(await subscribe()), [
        ["delivered", [202]],
        ["delivered", [202]],
      ]);
      const id = await subscribe();
      await bot.close();
      assert.deepEqual(await tryActs(id), [
        ["pending", [null]],
        ["pending", [null]],
      ]);
    });

    it("is told after an outage what an act had to tell in it", async () => {
      const id = await subscribe();
      assert.equal((await control.faults({ seed: 1, graph: { outage: true } })).status, 200);
      const sent = (await control.run("sendLifecycle", { subscriptionId: id, event: "missed" })) as Shown;
      assert.deepEqual([sent.index, sent.state, sent.attempts], [-1, "pending", []]);
      await control.run("removeSubscription", { subscriptionId: id });
      assert.deepEqual([(await control.state()).subscriptions, listItems()], [[], []]);
      assert.equal((await control.faults(null)).status, 200);
      await takeEvent("missed");
      await takeEvent("subscriptionRemoved");
      // And a refusal is one, outage or none.
      const gone = await control.act("sendLifecycle", { subscriptionId: id, event: "missed" });
      assert.equal(gone.status, 404);
    });

    it("leaves what it never took in the records", async () => {
      const id = await subscribe();
      bot.answerNext("/api/lifecycle", ...Array.from({ length: 20 }, () => 503));
      await control.run("sendLifecycle", { subscriptionId: id, event: "missed" });
      await tenant.stop();
      const names = (await readdir(pathOf("kept"))).filter((name) => name.endsWith("-graph.json"));
      assert.equal(names.length, 1);
      const kept = JSON.parse(await readFile(join(pathOf("kept"), names[0] ?? ""), "utf8")) as {
        state: string;
        status: number;
        payload: { value: Item[] };
      };
      assert.equal(kept.payload.value[0]?.lifecycleEvent, "missed");
      assert.equal(kept.status, 503);
      assert.notEqual(kept.state, "delivered");
    });
  });

  it("is not waited for when the tenant stops in the middle of a handshake", async () => {
    const asked = Promise.withResolvers<ServerResponse>();
    bot.handshake = (_token, response) => asked.resolve(response);
    const created = graph("POST", "/subscriptions", await planSubscription());
    const refused = assert.rejects(created);
    const response = await asked.promise;
    const hungUp = new Promise((resolve) => response.on("close", resolve));
    const begunMs = performance.now();
    await tenant.stop();
    await Promise.all([hungUp, refused]);
    // It would have waited for ten seconds.
    assert.ok(performance.now() - begunMs < 5_000);
  });
});
