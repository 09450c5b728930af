/** Trouble with what the tenant sends, over real HTTP: what the bot's door sees of it. */
import assert from "node:assert/strict";
import { createEdges } from "../../src/edges.ts";
import type { Delivery } from "../../src/emulator/courier.ts";
import {
  startEmulatedTenant,
  type EmulatedTenant,
  type EmulatedTenantOptions,
} from "../../src/emulator/emulated-tenant.ts";
import type { EncryptedContent } from "../../src/wire/change-notification.ts";
import { unseal } from "../parts/emulator-unseal.ts";
import { createCertificate, type SubscriberCertificate } from "./emulator-certificate.ts";
import {
  first,
  openGraph,
  SILENT_LOG,
  startFakeBot,
  type Caller,
  type FakeBot,
  type Heard,
} from "./emulator-fake-bot.ts";

const RSC = ["ChannelMessage.Read.Group", "ChatMessage.Read.Chat"];
const NOTIFICATIONS = "/api/notifications";

interface Item {
  readonly subscriptionId: string;
  readonly tenantId: string;
  readonly changeType?: string;
  readonly lifecycleEvent?: string;
  readonly resourceData: { readonly id: string };
  readonly encryptedContent: EncryptedContent;
}

describe("emulated tenant: trouble with what the bot hears", () => {
  let bot: FakeBot;
  let tenant: EmulatedTenant;
  let own: SubscriberCertificate;
  before(async () => {
    own = await createCertificate();
  });

  async function start(options: Partial<EmulatedTenantOptions> = {}): Promise<void> {
    bot = await startFakeBot();
    tenant = await startEmulatedTenant({
      ...{ edges: createEdges(SILENT_LOG), port: 0, botUrl: bot.url, tracesUrl: null },
      ...{ rscPermissions: RSC, withSecondOrganisation: true },
      ...options,
    });
    await tenant.installEverywhere();
  }
  afterEach(async () => {
    await tenant.close();
    await bot.close();
  });

  async function subscribe(as: Caller, resource: string): Promise<string> {
    const url = `${bot.url}${NOTIFICATIONS}`;
    const { status, json } = await as("POST", "/subscriptions", {
      ...{ changeType: "created,updated,deleted", resource, clientState: "state" },
      ...{ notificationUrl: url, lifecycleNotificationUrl: url },
      expirationDateTime: new Date(Date.now() + 71 * 3_600_000).toISOString(),
      ...{ includeResourceData: true, encryptionCertificate: own.base64, encryptionCertificateId: "own" },
    });
    assert.equal(status, 201);
    return String(json.id);
  }
  async function subscribeTo(organisation: number, team: string, channel: string): Promise<string> {
    const { id, teams } = tenant.organisations[organisation]!;
    const found = first(teams.filter(({ name }) => name === team));
    const { id: channelId } = first(found.channels.filter(({ name }) => name === channel));
    const graph = await openGraph(tenant, id);
    return subscribe(graph, `/teams/${found.id}/channels/${channelId}/messages`);
  }
  const say = (text: string) => tenant.say({ person: "Mira Lindqvist", conversation: "Outages", text });
  const items = ({ json }: Heard) => json.value as Item[];
  const batches = () => bot.heard.filter(({ path }) => path === NOTIFICATIONS);
  const takeBatch = () => bot.take(({ path }) => path === NOTIFICATIONS);
  /** Resolves when every delivery up to now has come to its end. */
  const whenSettled = () =>
    new Promise<void>((resolve) => {
      const isSettled = () => tenant.deliveries.every(({ state }) => state !== "pending");
      if (isSettled()) return resolve();
      const stop = tenant.onDelivery(() => {
        if (!isSettled()) return;
        stop();
        resolve();
      });
    });
  const bySender = (sender: Delivery["sender"]) =>
    tenant.deliveries.filter((delivery) => delivery.sender === sender);

  it("is none unless asked for: each message once by each sender", async () => {
    await start();
    await subscribeTo(0, "Help Desk", "Outages");
    const said = ["one", "two", "three"].map(say);
    for (const { id } of said) {
      await bot.take(({ path, json }) => path === "/api/messages" && json.id === id);
      await bot.take((heard) => heard.path === NOTIFICATIONS && items(heard)[0]?.resourceData.id === id);
    }
    await whenSettled();
    assert.equal(batches().length, 3);
    assert.ok(
      tenant.deliveries.every(({ state, attempts }) => state === "delivered" && attempts.length === 1),
    );
    assert.deepEqual(tenant.readFaultCounts(), {});
  });

  it("loses Graph's copy and lets Bot Framework's come", async () => {
    await start();
    await subscribeTo(0, "Help Desk", "Outages");
    tenant.setFaults({ seed: 1, deliveries: { loseGraph: 1 } });
    const { id } = say("one");
    await bot.take(({ path, json }) => path === "/api/messages" && json.id === id);
    await whenSettled();
    assert.deepEqual(
      bySender("graph").map(({ state, attempts }) => [state, attempts.length]),
      [["lost", 0]],
    );
    assert.equal(batches().length, 0);
    const { id: subscriptionId } = first(tenant.subscriptions());
    assert.equal((await tenant.sendLifecycle(subscriptionId, "missed")).state, "delivered");
    tenant.setFaults(null);
    const next = say("two");
    const heard = await bot.take((one) => one.path === NOTIFICATIONS && !items(one)[0]?.lifecycleEvent);
    assert.equal(items(heard)[0]?.resourceData.id, next.id);
    assert.deepEqual(tenant.readFaultCounts(), { loseGraph: 1 });
  });

  it("duplicates, and acts as if the bot's answer was lost", async () => {
    await start();
    await subscribeTo(0, "Help Desk", "Outages");
    tenant.setFaults({ seed: 1, deliveries: { duplicate: 1, loseAnswer: 1 } });
    const { id } = say("one");
    await whenSettled();
    const graph = batches().filter((heard) => items(heard)[0]?.resourceData.id === id);
    const activities = bot.heard.filter(({ path, json }) => path === "/api/messages" && json.id === id);
    // The one whose answer was lost comes twice, and its double once.
    assert.deepEqual([graph.length, activities.length], [3, 3]);
    assert.ok(graph.every(({ json }) => JSON.stringify(json) === JSON.stringify(graph[0]?.json)));
    assert.deepEqual(tenant.readFaultCounts(), { duplicate: 2, loseAnswer: 2 });
  });

  it("lets the next one overtake", async () => {
    await start({ faults: { seed: 2, deliveries: { reorder: 0.5 } } });
    await subscribeTo(0, "Help Desk", "Outages");
    const said = Array.from({ length: 20 }, (_, place) => say(String(place)).id);
    await whenSettled();
    const arrived = batches().map((heard) => items(heard)[0]?.resourceData.id ?? "");
    assert.notDeepEqual(arrived, said);
    assert.deepEqual(arrived.toSorted(), said.toSorted(), "all come, each once");
    assert.ok((tenant.readFaultCounts().reorder ?? 0) > 0);
  });

  it("gathers items of several subscriptions and tenants, with a token for each tenant", async () => {
    await start({ batching: { mostItems: 4, waitMs: 5_000 } });
    const ids = [
      await subscribeTo(0, "Help Desk", "Outages"),
      await subscribeTo(0, "Facilities", "Building A"),
      await subscribeTo(1, "Operations", "Alerts"),
    ];
    const said = [
      say("one"),
      tenant.say({ person: "Mira Lindqvist", conversation: "Building A", text: "two" }),
      tenant.say({ person: "Elif Demir", conversation: "Alerts", text: "three" }),
    ];
    tenant.edit(first(said), { text: "one, edited" });
    const batch = await takeBatch();
    assert.deepEqual(
      items(batch).map(({ subscriptionId, changeType }) => [subscriptionId, changeType]),
      [
        [ids[0], "created"],
        [ids[1], "created"],
        [ids[2], "created"],
        [ids[0], "updated"],
      ],
    );
    assert.equal(new Set(items(batch).map(({ tenantId }) => tenantId)).size, 2);
    assert.equal((batch.json.validationTokens as string[]).length, 2);
    assert.deepEqual(
      items(batch).map(
        ({ encryptedContent }) => (unseal(encryptedContent, own.privateKey) as { id: string }).id,
      ),
      [...said.map(({ id }) => id), first(said).id],
    );
    await whenSettled();
    assert.equal(bySender("graph").length, 1);
  });

  it("puts poison among good items, as often as it says", async () => {
    await start({ batching: { mostItems: 24, waitMs: 5_000 } });
    await subscribeTo(0, "Help Desk", "Outages");
    tenant.setFaults({ seed: 1, deliveries: { poison: 0.3 } });
    const said = Array.from({ length: 24 }, (_, place) => say(`line ${place}`));
    const batch = await takeBatch();
    assert.deepEqual(
      items(batch).map(({ resourceData }) => resourceData.id),
      said.map(({ id }) => id),
      "the envelope says nothing of it",
    );
    const isGood = items(batch).map(({ encryptedContent, resourceData }) => {
      try {
        return (unseal(encryptedContent, own.privateKey) as { id?: string }).id === resourceData.id;
      } catch {
        return false;
      }
    });
    const bad = isGood.filter((good) => !good).length;
    assert.ok(bad > 2 && bad < 14, `${bad} of 24`);
    assert.deepEqual(tenant.readFaultCounts(), { poison: bad });
    // Neither what Bot Framework tells of the same messages nor an edit is poisoned.
    tenant.setFaults({ seed: 1, deliveries: { poison: 1 } });
    for (let time = 0; time < 24; time += 1) tenant.edit(first(said), { text: `edit ${time}` });
    for (const { encryptedContent } of items(await takeBatch())) unseal(encryptedContent, own.privateKey);
    const texts = bot.heard.filter(({ json }) => json.type === "message").map(({ json }) => json.text);
    assert.deepEqual(texts.toSorted(), Array.from({ length: 24 }, (_, place) => `line ${place}`).toSorted());
  });

  it("comes again to a bot that was not there, and uses its connections again", async () => {
    await start();
    await subscribeTo(0, "Help Desk", "Outages");
    const { port } = new URL(bot.url);
    await bot.close();
    const said = say("one");
    await new Promise<void>((resolve) => {
      const stop = tenant.onDelivery(() => {
        const open = tenant.deliveries.filter(({ state }) => state === "pending");
        if (open.length < 2 || open.some(({ attempts }) => attempts.length === 0)) return;
        stop();
        resolve();
      });
    });
    const faults = tenant.deliveries.flatMap(({ attempts }) => attempts.map(({ fault }) => fault ?? "none"));
    assert.ok(faults.includes("ECONNREFUSED"), faults.join());
    bot = await startFakeBot(Number(port));
    await bot.take(({ path, json }) => path === "/api/messages" && json.id === said.id);
    await bot.take((heard) => heard.path === NOTIFICATIONS && items(heard)[0]?.resourceData.id === said.id);
    await whenSettled();
    for (let place = 0; place < 20; place += 1) {
      const { id } = say(String(place));
      await bot.take((heard) => heard.path === NOTIFICATIONS && items(heard)[0]?.resourceData.id === id);
      await whenSettled();
    }
    assert.equal(bot.heard.length, 42);
    assert.ok(bot.connections() <= 4, `${bot.connections()} connections for 42 requests`);
    assert.ok(tenant.deliveries.every(({ state }) => state === "delivered"));
  });
});
