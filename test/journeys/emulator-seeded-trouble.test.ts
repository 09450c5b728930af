/** The same seed and the same acts make the same trouble, in another tenant and at another time: for every kind. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createEdges } from "../../src/edges.ts";
import type { CallFaults, Faults } from "../../src/emulator/faults.ts";
import { PROJECT } from "./child-program.ts";
import { call, requestToken, SILENT_LOG } from "./emulator-fake-bot.ts";
import { startSubscriber, type Subscriber, type ToldItem } from "./emulator-subscriber.ts";

type Deliveries = NonNullable<Faults["deliveries"]>;
type Sends = NonNullable<Faults["sends"]>;

const CHAT = "Lunch crew";
const OFTEN = 24;
const CHANCE = 0.5;
/** Held to the kinds that there are by the compiler. */
const DELIVERIES: { readonly [Kind in keyof Required<Deliveries>]: Required<Deliveries>[Kind] } = {
  ...{ duplicate: CHANCE, reorder: CHANCE, loseGraph: CHANCE, loseAnswer: CHANCE, poison: CHANCE },
  delay: { chance: CHANCE, mostMs: 20 },
};
const SENDS: { readonly [Kind in keyof Required<Sends>]: Required<Sends>[Kind] } = {
  ...{
    throttle: CHANCE,
    refuse412: CHANCE,
    refuse500: CHANCE,
    takenBut500: CHANCE,
    hangUp: CHANCE,
    takenButHangUp: CHANCE,
  },
  slow: { chance: CHANCE, ms: 7 },
};
const CALLS: { readonly [Kind in keyof Required<CallFaults>]: Required<CallFaults>[Kind] } = {
  ...{ throttleCall: CHANCE, throttleCallBare: CHANCE, redirectCall: CHANCE },
  ...{ refuseCall500: CHANCE, refuseCall502: CHANCE, refuseCall503: CHANCE, refuseCall504: CHANCE },
  ...{ cutCall: CHANCE, takeAndCutCall: CHANCE, hangCall: { chance: CHANCE, ms: 3 } },
};

/** A tenant, and what it did before it answered. */
interface Town {
  readonly subscriber: Subscriber;
  /** Sleeps of the tenant since the last look, as `delivery milliseconds`. */
  readonly takeSleeps: () => string[];
  readonly graphToken: string;
  readonly connectorToken: string;
}

async function startTown(): Promise<Town> {
  const edges = createEdges(SILENT_LOG);
  let sleeps: string[] = [];
  const subscriber: Subscriber = await startSubscriber({
    ...{ rscPermissions: ["ChatMessage.Read.Chat"], sendLimits: false, endpointStates: null },
    edges: {
      ...edges,
      sleep(ms, signal) {
        sleeps.push(`${subscriber.tenant.deliveries.length} ${ms}`);
        return edges.sleep(ms, signal);
      },
    },
  });
  const { tenant, places } = subscriber;
  await tenant.install(CHAT);
  await subscriber.subscribe(`/chats/${places.chat(CHAT).id}/messages`, {}, "beta/subscriptions");
  const scope = "https://api.botframework.com/.default";
  const { json: forGraph } = await requestToken(tenant, places.contoso.id);
  const { json: forConnector } = await requestToken(tenant, tenant.bot.homeTenantId, { scope });
  return {
    subscriber,
    takeSleeps: () => {
      const taken = sleeps;
      sleeps = [];
      return taken;
    },
    graphToken: String(forGraph.access_token),
    connectorToken: String(forConnector.access_token),
  };
}

describe("the same seed", function () {
  this.timeout(60_000);
  let towns: readonly [Town, Town];
  before(async () => {
    towns = await Promise.all([startTown(), startTown()]);
  });
  after(() => Promise.all(towns.map(({ subscriber }) => subscriber.close())));

  /** Makes the same trouble in both, and other trouble by another seed. */
  async function judge(faults: Omit<Faults, "seed">, suffer: (town: Town) => Promise<unknown[]>) {
    const run = async (town: Town, seed: number) => {
      town.subscriber.tenant.setFaults({ seed, ...faults });
      const seen = await suffer(town);
      town.subscriber.tenant.setFaults(null);
      return seen;
    };
    const [one, two] = towns;
    const seen = await run(one, 11);
    assert.ok(seen.length > 0);
    assert.deepEqual(await run(two, 11), seen);
    assert.deepEqual(await run(one, 11), seen, "and once more in the first");
    assert.notDeepEqual(await run(two, 12), seen);
  }

  /** What became of each delivery, and what content it brought. */
  async function hear({ subscriber, takeSleeps }: Town): Promise<unknown[]> {
    const { tenant } = subscriber;
    const start = tenant.deliveries.length;
    takeSleeps();
    for (let number = 1; number <= OFTEN; number += 1) {
      tenant.say({ person: "Priya Raman", conversation: CHAT, text: `number ${number}` });
    }
    // Those of the burst itself are trouble; the patience of each attempt comes later.
    const held = takeSleeps().map((sleep) => {
      const [count = "", ms = ""] = sleep.split(" ");
      return `${Number(count) - start} ${ms}`;
    });
    await new Promise<void>((resolve) => {
      const look = () => {
        if (tenant.deliveries.slice(start).some(({ state }) => state === "pending")) return;
        stop();
        resolve();
      };
      const stop = tenant.onDelivery(look);
      look();
    });
    const told = tenant.deliveries.slice(start).map(({ sender, state, attempts, body }) => {
      const { value = [] } = body as { value?: ToldItem[] };
      const answers = attempts.map(({ status, fault }) => fault ?? status);
      return [sender, state, answers, value.map((item) => describe(subscriber, item))];
    });
    return [...held, ...told];
  }

  function describe(subscriber: Subscriber, item: ToldItem): string {
    try {
      const opened = subscriber.open(item) as { body?: { content?: string } } | string;
      return typeof opened === "string" ? opened : (opened.body?.content ?? "");
    } catch (thrown) {
      return thrown instanceof Error ? thrown.name : "";
    }
  }

  /** Statuses of so many calls, one after the other, and the faults that were made of each. */
  async function ask(town: Town, once: () => Promise<{ status: number }>): Promise<unknown[]> {
    const { tenant } = town.subscriber;
    const seen: unknown[] = [];
    for (let number = 1; number <= OFTEN; number += 1) {
      const before = tenant.readFaultCounts();
      const status = await once().then(
        (answer) => answer.status,
        () => 0,
      );
      const after = Object.entries(tenant.readFaultCounts());
      seen.push([status, after.filter(([name, count]) => count !== before[name as keyof typeof before])]);
    }
    // Counts go on from run to run: only which ones moved is the same.
    return (seen as [number, [string, number][]][]).map(([status, moved]) => [
      status,
      moved.map(([name]) => name),
    ]);
  }

  it("has all kinds described", () => {
    const page = readFileSync(join(PROJECT, "docs/emulated-tenant.md"), "utf8");
    const kinds = [DELIVERIES, SENDS, CALLS].flatMap((group) => Object.keys(group));
    assert.deepEqual(
      kinds.filter((kind) => !page.includes(`"${kind}"`) && !page.includes(`\`${kind}\``)),
      [],
    );
  });

  for (const [kind, faults] of Object.entries(DELIVERIES)) {
    it(`makes the same of deliveries: ${kind}`, () => judge({ deliveries: { [kind]: faults } }, hear));
  }

  for (const [kind, faults] of Object.entries(SENDS)) {
    it(`makes the same of sends: ${kind}`, () =>
      judge({ sends: { [kind]: faults } }, (town) => {
        const { tenant, places } = town.subscriber;
        const url = `${tenant.url}/amer/${places.contoso.id}/v3/conversations/${places.chat(CHAT).id}/activities`;
        return ask(town, () => call(url, "POST", town.connectorToken, { type: "message", text: "hello" }));
      }));
  }

  for (const service of ["graph", "connector", "entra", "botLogin"] as const) {
    for (const [kind, faults] of Object.entries(CALLS)) {
      it(`makes the same of calls: ${service} ${kind}`, () =>
        judge({ [service]: { all: { [kind]: faults } } }, (town) => {
          const { tenant, places } = town.subscriber;
          const members = `/amer/${places.contoso.id}/v3/conversations/${places.chat(CHAT).id}/members`;
          const paths = {
            ...{ graph: "/v1.0/subscriptions", connector: members },
            ...{ entra: "/common/discovery/v2.0/keys", botLogin: "/v1/.well-known/keys" },
          };
          const token = service === "graph" ? town.graphToken : town.connectorToken;
          return ask(town, () => call(tenant.url + paths[service], "GET", token));
        }));
    }
  }
});
