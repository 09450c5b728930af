/** Trouble with the connector, with Entra and with Bot Framework's login, made on demand. */
import assert from "node:assert/strict";
import { createEdges } from "../../src/edges.ts";
import { startEmulatedTenant, type EmulatedTenant } from "../../src/emulator/emulated-tenant.ts";
import type { CallFaults, Faults } from "../../src/emulator/faults.ts";
import {
  call,
  placesOf,
  requestToken,
  SILENT_LOG,
  startFakeBot,
  type Answer,
  type FakeBot,
} from "./emulator-fake-bot.ts";
import { setStage, type Stage } from "./stage.ts";

type Troubled = "connector" | "entra" | "botLogin";

const EVERY: readonly (readonly [CallFaults, number])[] = [
  [{ throttleCall: 1 }, 429],
  [{ throttleCallBare: 1 }, 429],
  [{ refuseCall500: 1 }, 500],
  [{ refuseCall502: 1 }, 502],
  [{ refuseCall503: 1 }, 503],
  [{ refuseCall504: 1 }, 504],
  [{ cutCall: 1 }, 0],
  [{ takeAndCutCall: 1 }, 0],
  [{ hangCall: { chance: 1, ms: 5 } }, 0],
  [{}, 200],
];

describe("emulated tenant: trouble with the connector and with the identity services", () => {
  let bot: FakeBot;
  let tenant: EmulatedTenant;
  let now: number;
  let token: string;
  let accountId: string;

  beforeEach(async () => {
    now = Date.now();
    bot = await startFakeBot();
    tenant = await startEmulatedTenant({
      edges: { ...createEdges(SILENT_LOG), now: () => now },
      ...{ port: 0, botUrl: bot.url, tracesUrl: null, rscPermissions: [], sendLimits: false },
    });
    await tenant.installEverywhere();
    const { json } = await askToken();
    token = String(json.access_token);
    const members = await call(`${lunch()}/members`, "GET", token);
    [accountId = ""] = (members.json as unknown as { id: string }[]).map(({ id }) => id);
  });
  afterEach(async () => {
    await tenant.close();
    await bot.close();
  });

  const askToken = () =>
    requestToken(tenant, tenant.bot.homeTenantId, { scope: "https://api.botframework.com/.default" });
  const conversations = () => `${tenant.url}/amer/${placesOf(tenant).contoso.id}/v3/conversations`;
  const lunch = () => `${conversations()}/${encodeURIComponent(placesOf(tenant).chat("Lunch crew").id)}`;
  /** One call of each group. */
  const calls: Readonly<Record<Troubled, Readonly<Record<string, () => Promise<Answer>>>>> = {
    connector: {
      members: () => call(`${lunch()}/members`, "GET", token),
      conversations: () =>
        call(conversations(), "POST", token, {
          ...{ isGroup: false, members: [{ id: accountId }], tenantId: placesOf(tenant).contoso.id },
        }),
      activities: () => call(`${lunch()}/activities`, "POST", token, { type: "message", text: "hello" }),
    },
    entra: {
      tokens: askToken,
      metadata: () => call(`${tenant.url}/common/v2.0/.well-known/openid-configuration`, "GET", ""),
      keys: () => call(`${tenant.url}/common/discovery/v2.0/keys`, "GET", ""),
    },
    botLogin: {
      metadata: () => call(`${tenant.url}/v1/.well-known/openidconfiguration`, "GET", ""),
      keys: () => call(`${tenant.url}/v1/.well-known/keys`, "GET", ""),
    },
  };
  /** 0: no answer came; what was done is 200. */
  const readStatus = (ask: () => Promise<Answer>) =>
    ask().then(
      ({ status }) => (status === 201 ? 200 : status),
      () => 0,
    );
  const readAll = async () => {
    const statuses: Record<string, number> = {};
    for (const [service, groups] of Object.entries(calls)) {
      for (const [group, ask] of Object.entries(groups)) {
        statuses[`${service} ${group}`] = await readStatus(ask);
      }
    }
    return statuses;
  };
  const CALM = {
    ...{ "connector members": 200, "connector conversations": 200, "connector activities": 200 },
    ...{ "entra tokens": 200, "entra metadata": 200, "entra keys": 200 },
    ...{ "botLogin metadata": 200, "botLogin keys": 200 },
  };

  it("is made of what it is meant for, and of nothing else", async () => {
    for (const [service, groups] of Object.entries(calls)) {
      for (const group of Object.keys(groups)) {
        for (const [faults, status] of EVERY) {
          tenant.setFaults({ seed: 1, [service]: { [group]: faults } });
          assert.deepEqual(await readAll(), { ...CALM, [`${service} ${group}`]: status });
        }
      }
      tenant.setFaults({ seed: 1, [service]: { all: { refuseCall503: 1 } } });
      const all = Object.keys(groups).map((group) => [`${service} ${group}`, 503]);
      assert.deepEqual(await readAll(), { ...CALM, ...Object.fromEntries(all) });
    }
    tenant.setFaults(null);
    assert.deepEqual(await readAll(), CALM);
  });

  it("says in each service's own words what is the matter, and when to come back", async () => {
    const until = { untilAt: now + 42_000 };
    const service = { all: { throttleCall: until } };
    tenant.setFaults({ seed: 1, connector: service, entra: service, botLogin: service });
    const send = await calls.connector.activities!();
    assert.deepEqual([send.status, send.retryAfter], [429, "42"]);
    assert.deepEqual((send.json.error as { code: string }).code, "Throttled");
    const entra = await askToken();
    assert.deepEqual([entra.status, entra.retryAfter], [429, "42"]);
    assert.deepEqual([entra.json.error, entra.json.error_codes], ["temporarily_unavailable", [90055]]);
    now += 42_000;
    assert.deepEqual(await readAll(), CALM);
  });

  it("lets a call hang, and cuts it when the time is over; nothing was done", async () => {
    tenant.setFaults({ seed: 1, connector: { activities: { hangCall: { chance: 1, ms: 120 } } } });
    const before = tenant.readMessages("Lunch crew").length;
    const startedAt = performance.now();
    await assert.rejects(calls.connector.activities!());
    assert.ok(performance.now() - startedAt >= 110);
    assert.equal(tenant.readMessages("Lunch crew").length, before);
    assert.deepEqual(tenant.readFaultCounts(), { hangCall: 1 });
    tenant.setFaults({ seed: 1, connector: { activities: { takeAndCutCall: 1 } } });
    await assert.rejects(calls.connector.activities!());
    assert.equal(tenant.readMessages("Lunch crew").length, before + 1);
  });

  it("is out altogether, each by itself", async () => {
    for (const service of ["connector", "entra", "botLogin"] as const) {
      tenant.setFaults({ seed: 1, [service]: { outage: true } });
      const out = Object.keys(calls[service]).map((group) => [`${service} ${group}`, 503]);
      assert.deepEqual(await readAll(), { ...CALM, ...Object.fromEntries(out) });
    }
    assert.deepEqual(tenant.readFaultCounts(), { outage: 8 });
  });
});

describe("a bot while a service of Microsoft's is out", () => {
  let stage: Stage;
  afterEach(() => stage.strike());

  const sayDuring = async (faults: Omit<Faults, "seed">, until: () => boolean) => {
    stage.tenant.setFaults({ seed: 1, ...faults });
    const said = stage.tenant.say({
      ...{ person: "Mira Lindqvist", conversation: "Lunch crew", text: "the wifi is down" },
    });
    await stage.waitUntil("the outage to be felt", until);
    stage.tenant.setFaults(null);
    await stage.waitForOutcome(said);
    return said;
  };

  it("says after an outage of the connector what it had to say in it", async () => {
    stage = await setStage();
    await stage.waitForSubscriptions(5);
    await sayDuring({ connector: { outage: true } }, () => (stage.tenant.faultCounts.outage ?? 0) > 0);
  });

  it("takes nothing that it cannot check while keys cannot be read, and all of it afterwards", async () => {
    stage = await setStage();
    await stage.waitForSubscriptions(5);
    // Nothing was heard so far but installations: Entra's keys were never asked for.
    await sayDuring({ entra: { outage: true } }, () =>
      stage.tenant.deliveries.some(
        ({ sender, attempts }) => sender === "graph" && attempts.some(({ status }) => status === 503),
      ),
    );
    assert.deepEqual(
      stage.traces.filter(({ result }) => result === "refused"),
      [],
    );
  });
});
