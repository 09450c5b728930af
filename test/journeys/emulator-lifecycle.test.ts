/** Graph asks for new authorizations by itself, and keeps silent where it gets none. */
import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { createEdges } from "../../src/edges.ts";
import {
  startEmulatedTenant,
  type EmulatedTenant,
  type EmulatedTenantOptions,
} from "../../src/emulator/emulated-tenant.ts";
import { createHeldClock, type HeldClock } from "../parts/held-clock.ts";
import { openGraph, placesOf, SILENT_LOG, startFakeBot, type FakeBot } from "./emulator-fake-bot.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const READ = "ChannelMessage.Read.Group";

interface Item {
  readonly subscriptionId: string;
  readonly changeType?: string;
  readonly lifecycleEvent?: string;
  readonly resourceData?: { readonly id: string };
}

describe("emulated tenant: lifecycle", () => {
  let bot: FakeBot;
  let tenant: EmulatedTenant;
  let clock: HeldClock;

  async function start(options: Partial<EmulatedTenantOptions> = {}): Promise<void> {
    clock = createHeldClock(Date.now());
    bot = await startFakeBot();
    tenant = await startEmulatedTenant({
      edges: { ...createEdges(SILENT_LOG), now: clock.now, sleep: clock.sleep },
      ...{ port: 0, botUrl: bot.url, tracesUrl: null, rscPermissions: [READ], lifecycle: {} },
      ...options,
    });
    await tenant.install("Help Desk");
  }
  afterEach(async () => {
    await tenant.close();
    await bot.close();
  });

  /** With a token of this instant. */
  const graph = async (method: string, path: string, body?: unknown) =>
    (await openGraph(tenant, placesOf(tenant).contoso.id))(method, path, body);
  const subscribe = async (change: Record<string, unknown> = {}): Promise<string> => {
    const { team, channel } = placesOf(tenant);
    const { status, json } = await graph("POST", "/subscriptions", {
      changeType: "created",
      resource: `/teams/${team("Help Desk").id}/channels/${channel("Help Desk", "Outages").id}/messages`,
      notificationUrl: `${bot.url}/api/notifications`,
      lifecycleNotificationUrl: `${bot.url}/api/lifecycle`,
      expirationDateTime: new Date(clock.now() + 3 * DAY_MS).toISOString(),
      ...change,
    });
    assert.equal(status, 201);
    return String(json.id);
  };
  const listItems = (): Item[] =>
    tenant.deliveries
      .filter(({ sender }) => sender === "graph")
      .flatMap(({ body }) => (body as { value: Item[] }).value);
  const countAsked = () =>
    listItems().filter(({ lifecycleEvent }) => lifecycleEvent === "reauthorizationRequired").length;
  const listTold = () => listItems().flatMap(({ resourceData }) => resourceData?.id ?? []);
  /** Time passes, and whoever woke has done what they woke for. */
  const pass = async (ms: number) => {
    clock.advance(ms);
    await setImmediate();
  };
  const say = (text: string) => tenant.say({ person: "Mira Lindqvist", conversation: "Outages", text }).id;
  const renew = async (id: string) => {
    const expirationDateTime = new Date(clock.now() + 3 * DAY_MS).toISOString();
    assert.equal((await graph("PATCH", `/subscriptions/${id}`, { expirationDateTime })).status, 200);
  };
  const reauthorize = async (id: string) => (await graph("POST", `/subscriptions/${id}/reauthorize`)).status;

  it("asks in the last quarter of the token's hour, again every quarter of an hour, until it has another", async () => {
    await start();
    const id = await subscribe();
    const { expirationDateTime } = tenant.subscriptions()[0]!;
    await pass(44 * MINUTE_MS);
    assert.equal(countAsked(), 0);
    await pass(MINUTE_MS);
    assert.equal(countAsked(), 1);
    const { json } = await bot.take(({ path }) => path === "/api/lifecycle");
    assert.deepEqual((json.value as Item[])[0]?.subscriptionId, id);
    await pass(14 * MINUTE_MS);
    assert.equal(countAsked(), 1);
    await pass(MINUTE_MS);
    assert.equal(countAsked(), 2);
    assert.equal(await reauthorize(id), 204);
    await pass(44 * MINUTE_MS);
    assert.equal(countAsked(), 2);
    assert.equal(tenant.subscriptions()[0]?.expirationDateTime, expirationDateTime, "it lives no longer");
    await pass(MINUTE_MS);
    assert.equal(countAsked(), 3);
    await renew(id);
    await pass(44 * MINUTE_MS);
    assert.equal(countAsked(), 3);
    assert.notEqual(tenant.subscriptions()[0]?.expirationDateTime, expirationDateTime);
  });

  it("issues tokens that live as long as a test wants", async () => {
    await start({ lifecycle: { tokenLifeMs: 10 * MINUTE_MS } });
    const id = await subscribe();
    await pass(7 * MINUTE_MS);
    assert.equal(countAsked(), 0);
    await pass(MINUTE_MS);
    assert.equal(countAsked(), 1);
    await renew(id);
    await pass(7 * MINUTE_MS);
    assert.equal(countAsked(), 1);
    await pass(MINUTE_MS);
    assert.equal(countAsked(), 2, "a new token has a new end, however soon");
  });

  it("keeps what it has to tell while the token is over, and tells it in order with another", async () => {
    await start();
    const id = await subscribe();
    const before = say("Before.");
    assert.deepEqual(listTold(), [before]);
    await pass(HOUR_MS);
    const [one, two] = [say("One."), say("Two.")];
    await pass(3 * HOUR_MS);
    assert.deepEqual(listTold(), [before]);
    assert.equal(await reauthorize(id), 204);
    assert.deepEqual(listTold(), [before, one, two]);
    const three = say("Three.");
    assert.deepEqual(listTold(), [before, one, two, three]);
  });

  it("tells what has waited for four hours no more", async () => {
    await start();
    const id = await subscribe();
    await pass(HOUR_MS);
    say("Too early.");
    await pass(MINUTE_MS);
    const late = say("Just in time.");
    await pass(4 * HOUR_MS);
    await renew(id);
    assert.deepEqual(listTold(), [late]);
  });

  it("tells nothing of a subscription that ended while it waited", async () => {
    await start();
    const id = await subscribe();
    await pass(HOUR_MS);
    say("Unheard.");
    assert.equal((await graph("DELETE", `/subscriptions/${id}`)).status, 204);
    await pass(MINUTE_MS);
    assert.deepEqual(listTold(), []);
  });

  it("asks in the last three hours of a subscription", async () => {
    await start({ lifecycle: { tokenLifeMs: 30 * DAY_MS } });
    await subscribe();
    await pass(3 * DAY_MS - 3 * HOUR_MS - MINUTE_MS);
    assert.equal(countAsked(), 0);
    await pass(MINUTE_MS);
    assert.equal(countAsked(), 1);
  });

  it("asks where a permission was withdrawn, and takes no other token until it is back", async () => {
    await start();
    const id = await subscribe();
    await pass(MINUTE_MS);
    assert.equal(countAsked(), 0);
    tenant.withdrawGrant("Help Desk", READ);
    await pass(MINUTE_MS);
    assert.equal(countAsked(), 1);
    assert.equal(await reauthorize(id), 403);
    tenant.restoreGrant("Help Desk", READ);
    assert.equal(await reauthorize(id), 204);
    await pass(20 * MINUTE_MS);
    assert.equal(countAsked(), 1);
  });

  it("asks where a consent was withdrawn, tells nothing meanwhile, and goes on when it is back", async () => {
    await start({ consentedAppRoles: ["ChannelMessage.Read.All"], rscPermissions: [] });
    const id = await subscribe();
    await pass(MINUTE_MS);
    assert.equal(countAsked(), 0);
    const heard = say("Heard.");
    tenant.withdrawConsent("Contoso", "ChannelMessage.Read.All");
    // Another, so that the organisation still knows the app.
    tenant.consent("Contoso", "Team.ReadBasic.All");
    say("Unheard.");
    await pass(MINUTE_MS);
    assert.equal(countAsked(), 1);
    assert.equal(await reauthorize(id), 403);
    assert.deepEqual(listTold(), [heard]);
    tenant.consent("Contoso", "ChannelMessage.Read.All");
    assert.equal(await reauthorize(id), 204);
    const again = say("Heard again.");
    assert.deepEqual(listTold(), [heard, again]);
    await pass(20 * MINUTE_MS);
    assert.equal(countAsked(), 1);
  });

  it("asks nobody who left no URL for it, and keeps silent all the same", async () => {
    await start();
    const expirationDateTime = new Date(clock.now() + HOUR_MS).toISOString();
    await subscribe({ lifecycleNotificationUrl: null, expirationDateTime });
    await pass(59 * MINUTE_MS);
    assert.deepEqual(listItems(), []);
    const heard = say("In time.");
    assert.deepEqual(listTold(), [heard]);
  });

  it("does none of it where a test does not want it", async () => {
    await start({ lifecycle: null });
    await subscribe();
    await pass(10 * HOUR_MS);
    assert.equal(countAsked(), 0);
    const heard = say("Ten hours later.");
    assert.deepEqual(listTold(), [heard]);
  });

  it("refuses another token for a subscription that is not there, or is another tenant's", async () => {
    await start({ withSecondOrganisation: true });
    const id = await subscribe();
    assert.equal(await reauthorize("none"), 404);
    const elsewhere = await openGraph(tenant, tenant.organisations[1]!.id);
    assert.equal((await elsewhere("POST", `/subscriptions/${id}/reauthorize`)).status, 404);
    assert.equal(await reauthorize(id), 204);
  });

  it("drops a subscription, with a word or without", async () => {
    await start();
    const loud = await subscribe();
    await tenant.removeSubscription(loud);
    assert.deepEqual(tenant.subscriptions(), []);
    assert.deepEqual(
      listItems().map(({ subscriptionId, lifecycleEvent }) => [subscriptionId, lifecycleEvent]),
      [[loud, "subscriptionRemoved"]],
    );
    const silent = await subscribe();
    await tenant.removeSubscription(silent, { isSilent: true });
    assert.deepEqual([tenant.subscriptions(), listItems().length], [[], 1]);
    await assert.rejects(tenant.removeSubscription(silent), { status: 404 });
    await assert.rejects(tenant.removeSubscription(silent, { isSilent: true }), { status: 404 });
  });
});
