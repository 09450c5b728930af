/** Trouble with Graph, made on demand. */
import assert from "node:assert/strict";
import { createEdges } from "../../src/edges.ts";
import { startEmulatedTenant, type EmulatedTenant } from "../../src/emulator/emulated-tenant.ts";
import type { CallFaults } from "../../src/emulator/faults.ts";
import {
  openGraph,
  placesOf,
  requestToken,
  SILENT_LOG,
  startFakeBot,
  type Caller,
  type FakeBot,
} from "./emulator-fake-bot.ts";

const RSC = ["ChannelMessage.Read.Group", "ChannelSettings.Read.Group"];

describe("emulated tenant: trouble with Graph", () => {
  let bot: FakeBot;
  let tenant: EmulatedTenant;
  let graph: Caller;
  let now: number;

  beforeEach(async () => {
    now = Date.now();
    bot = await startFakeBot();
    tenant = await startEmulatedTenant({
      edges: { ...createEdges(SILENT_LOG), now: () => now },
      ...{ port: 0, botUrl: bot.url, tracesUrl: null, rscPermissions: RSC, graphLimits: false },
    });
    await tenant.install("Help Desk");
    graph = await openGraph(tenant, placesOf(tenant).contoso.id);
  });
  afterEach(async () => {
    await tenant.close();
    await bot.close();
  });

  const channels = () => `/teams/${placesOf(tenant).team("Help Desk").id}/channels`;
  const messages = () => `${channels()}/${placesOf(tenant).channel("Help Desk", "Outages").id}/messages`;
  const subscribe = () =>
    graph("POST", "/subscriptions", {
      ...{ changeType: "created", resource: messages(), notificationUrl: `${bot.url}/api/notifications` },
      expirationDateTime: new Date(now + 50 * 60_000).toISOString(),
    });
  /** 0: no answer came. */
  const readStatus = (path: string) =>
    graph("GET", path).then(
      ({ status }) => status,
      () => 0,
    );
  const readAll = async () => [
    await readStatus("/subscriptions"),
    await readStatus(messages()),
    await readStatus(channels()),
  ];
  const say = (text: string) => tenant.say({ person: "Mira Lindqvist", conversation: "Outages", text }).id;
  const listTold = () =>
    tenant.deliveries
      .filter(({ sender }) => sender === "graph")
      .flatMap(({ body }) => (body as { value: { resourceData?: { id: string } }[] }).value)
      .map(({ resourceData }) => resourceData?.id);

  it("refuses until an instant, and says when that is", async () => {
    const until = { untilAt: now + 90_000 };
    tenant.setFaults({ seed: 1, graph: { subscriptions: { throttleCall: until } } });
    const refused = await graph("GET", "/subscriptions");
    assert.deepEqual([refused.status, refused.retryAfter], [429, "90"]);
    assert.equal((refused.json.error as { code: string }).code, "TooManyRequests");
    now += 30_500;
    assert.equal((await graph("GET", "/subscriptions")).retryAfter, "60");
    now += 59_500;
    assert.deepEqual(await readAll(), [200, 200, 200]);
    assert.deepEqual(tenant.readFaultCounts(), { throttleCall: 2 });
    tenant.setFaults({ seed: 1, graph: { all: { throttleCallBare: 1 } } });
    const bare = await graph("GET", "/subscriptions");
    assert.deepEqual([bare.status, bare.retryAfter], [429, null]);
  });

  it("makes each trouble of what it is meant for, and of nothing else", async () => {
    const table: readonly (readonly [CallFaults, number])[] = [
      [{ throttleCall: 1 }, 429],
      [{ throttleCallBare: 1 }, 429],
      [{ refuseCall500: 1 }, 500],
      [{ refuseCall503: 1 }, 503],
      [{ cutCall: 1 }, 0],
      [{ takeAndCutCall: 1 }, 0],
      [{}, 200],
    ];
    for (const [faults, status] of table) {
      const [name = "none"] = Object.keys(faults);
      tenant.setFaults({ seed: 1, graph: { subscriptions: faults } });
      assert.deepEqual(await readAll(), [status, 200, 200], name);
      tenant.setFaults({ seed: 1, graph: { messages: faults } });
      assert.deepEqual(await readAll(), [200, status, 200], name);
      tenant.setFaults({ seed: 1, graph: { channels: faults } });
      assert.deepEqual(await readAll(), [200, 200, status], name);
      tenant.setFaults({ seed: 1, graph: { all: faults } });
      assert.deepEqual(await readAll(), [status, status, status], name);
    }
    assert.deepEqual(tenant.readFaultCounts(), {
      ...{
        throttleCall: 6,
        throttleCallBare: 6,
        refuseCall500: 6,
        refuseCall503: 6,
        cutCall: 6,
        takeAndCutCall: 6,
      },
    });
    tenant.setFaults(null);
    assert.deepEqual(await readAll(), [200, 200, 200]);
  });

  it("lets through who was sent on, once, and nobody else", async () => {
    const { json } = await requestToken(tenant, placesOf(tenant).contoso.id);
    const get = (url: string) =>
      fetch(url, { redirect: "manual", headers: { authorization: `Bearer ${String(json.access_token)}` } });
    const redirect = () => tenant.setFaults({ seed: 1, graph: { all: { redirectCall: 1 } } });
    redirect();
    const url = `${tenant.url}/v1.0${messages()}?$top=1`;
    // Who does not follow is sent on each time.
    const [first, second] = [await get(url), await get(url)];
    assert.deepEqual([first.status, second.status], [307, 307]);
    const [there, elsewhere] = [first, second].map((answer) => answer.headers.get("location") ?? "");
    assert.ok(there && elsewhere);
    assert.notEqual(there, elsewhere);
    say("one");
    say("two");
    const followed = await get(there);
    assert.equal(followed.status, 200);
    const page = (await followed.json()) as Record<string, unknown>;
    const link = new URL(String(page["@odata.nextLink"]));
    assert.deepEqual(
      [...link.searchParams.keys()],
      ["$top", "$skiptoken"],
      "nothing of the redirect is left",
    );
    assert.equal((await get(there)).status, 307, "once");
    // Other trouble begins anew, and so does this.
    redirect();
    assert.equal((await get(elsewhere)).status, 307);
    tenant.setFaults(null);
    assert.equal((await get(elsewhere)).status, 200);
  });

  it("throws seeded dice for each call", async () => {
    const faults = { seed: 7, graph: { channels: { refuseCall503: 0.5 } } };
    const readMany = async () => {
      tenant.setFaults(faults);
      const statuses: number[] = [];
      for (let left = 24; left > 0; left -= 1) statuses.push(await readStatus(channels()));
      return statuses;
    };
    const first = await readMany();
    assert.deepEqual(new Set(first), new Set([200, 503]));
    assert.deepEqual(await readMany(), first);
  });

  it("makes a subscription and never says so; what it refuses it refuses aloud", async () => {
    tenant.setFaults({ seed: 1, graph: { subscriptions: { takeAndCutCall: 1 } } });
    await assert.rejects(subscribe());
    assert.equal(tenant.subscriptions().length, 1);
    assert.equal((await subscribe()).status, 409);
    assert.equal(tenant.faultCounts.takeAndCutCall, 1);
  });

  it("is out altogether, and tells afterwards what happened meanwhile", async () => {
    const { id } = (await subscribe()).json;
    const before = say("Before.");
    tenant.setFaults({ seed: 1, graph: { outage: true } });
    assert.deepEqual(await readAll(), [503, 503, 503]);
    assert.equal((await requestToken(tenant, placesOf(tenant).contoso.id)).status, 200, "Entra goes on");
    const heard = tenant.deliveries.length;
    const [one, two] = [say("One."), say("Two.")];
    assert.deepEqual(listTold(), [before]);
    assert.equal(tenant.deliveries.length, heard + 2, "Bot Framework goes on");
    const removed = tenant.sendLifecycle(String(id), "missed");
    // Trouble of another kind does not end it.
    tenant.setFaults({ seed: 2, graph: { outage: true }, sends: { throttle: 1 } });
    assert.deepEqual(listTold(), [before]);
    tenant.setFaults(null);
    assert.deepEqual(listTold(), [before, one, two, undefined]);
    assert.equal((await removed).state, "delivered");
    const after = say("After.");
    assert.deepEqual(listTold(), [before, one, two, undefined, after]);
    assert.deepEqual(await readAll(), [200, 200, 200]);
    assert.deepEqual(tenant.readFaultCounts(), { outage: 3 });
  });
});
