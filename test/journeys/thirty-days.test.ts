/** Thirty days in a minute or two: whatever time and trouble do, what is said is heard, once and in order. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { parseConfig } from "../../src/config.ts";
import { openKeyRing } from "../../src/decryptor/key-ring.ts";
import { createEdges } from "../../src/edges.ts";
import type { Channel } from "../../src/emulator/tenant-model.ts";
import { createMovedClock, type MovedClock } from "../clock/moved-clock.ts";
import { findPorts } from "../soak/find-ports.ts";
import { createRandom } from "../soak/random.ts";
import { createGraphWeather, type GraphWeather } from "./graph-weather.ts";
import { createMemoryLog, setStage, type Stage } from "./stage.ts";
import { describeFaults, judgeHearing } from "./thirty-days-judge.ts";
import { createLedger, type Ledger } from "./thirty-days-ledger.ts";
import { createTown, type Town } from "./thirty-days-town.ts";

const SEED = Number(process.env.SEED ?? 20_261_121);
const DAYS = 30;
const TALKS_A_DAY = 12;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Between what is said in one place and what is said there next. */
const BREATH_MS = 2_000;

interface Happening {
  readonly atMs: number;
  readonly run: () => unknown;
}

describe(`thirty days of listening (seed ${SEED})`, function () {
  this.timeout(10 * MINUTE_MS);
  let clock: MovedClock;
  let weather: GraphWeather;
  let stage: Stage;
  let town: Town;
  let ledger: Ledger;

  before(async () => {
    clock = createMovedClock(Date.parse("2026-11-02T08:00:00Z"));
    weather = createGraphWeather(clock);
    stage = await setStage({
      bulk: { teams: 1, channelsPerTeam: 7, chats: 38 },
      edges: clock.edges("bot", weather.botFetch),
      tenantEdges: clock.edges("tenant", weather.tenantFetch),
    });
    clock.follow(stage);
    town = createTown(stage.tenant, createRandom(SEED));
    ledger = createLedger();
    const { teams, chats } = stage.tenant.organisations[0]!;
    for (const { id, kind } of chats) if (kind !== "personal") town.open(id);
    ledger.begin("chats", clock.now());
    for (const { id: teamId, channels } of teams) {
      ledger.begin(teamId, clock.now());
      for (const { id, kind } of channels) {
        // In a private one the app is not.
        if (kind !== "private") town.open(id);
        if (kind === "standard") ledger.begin(id, clock.now());
      }
    }
    assert.deepEqual([town.count("channel"), town.count("chat")], [12, 40]);
    ledger.read(12 + 40);
    await clock.advance(MINUTE_MS);
  });
  after(async () => {
    await clock.pass(stage.strike());
    clock.restore();
  });

  const begin = (team: string, name: string): Channel => {
    const channel = stage.tenant.addChannel(team, name);
    enter(channel.id);
    return channel;
  };
  const enter = (id: string) => {
    town.open(id);
    town.speak(id);
    ledger.begin(id, clock.now());
    ledger.read(1);
  };
  const leave = (id: string) => {
    town.speak(id);
    town.close(id);
    ledger.end(id, clock.now(), "us");
  };
  const removeSubscription = async (resource: RegExp, name: string, conversations: number) => {
    const found = stage.tenant.subscriptions().find((each) => resource.test(each.resource));
    assert.ok(found);
    ledger.end(name, clock.now(), "graph");
    ledger.begin(name, clock.now());
    ledger.read(conversations);
    await stage.tenant.sendLifecycle(found.id, "subscriptionRemoved");
  };
  const stop = () => clock.pass(stage.stopBot());
  const at = (day: number, hour: number, run: () => unknown): Happening => ({
    atMs: Math.round(day * DAY_MS + hour * HOUR_MS),
    run,
  });

  /** What happens besides talk. */
  function listHappenings(): Happening[] {
    const { tenant } = stage;
    const [, facilities] = tenant.organisations[0]!.teams;
    const buildingA = facilities!.channels[1]!.id;
    let networks: Channel;
    return [
      at(1, 3, () => {
        networks = begin("Help Desk", "Networks");
      }),
      at(2, 5, () => tenant.renameChannel(networks.id, "Networks and phones")),
      at(3, 7, () => removeSubscription(/getAllMessages$/, "chats", 40)),
      at(4, 1, () => {
        leave(networks.id);
        tenant.deleteChannel(networks.id);
      }),
      at(6, 0, () => {
        weather.change("throttled");
        begin("Facilities", "Parking");
      }),
      at(6, 0.5, () => {
        weather.change("fair");
      }),
      at(7, 2, () => {
        tenant.restoreChannel(networks.id);
        enter(networks.id);
      }),
      at(9, 4, () => {
        weather.change("out");
        begin("Facilities", "Canteen");
      }),
      at(9, 5, () => {
        weather.change("fair");
      }),
      at(13, 2, stop),
      at(13, 6, async () => {
        await stage.startBot();
        ledger.read(town.count());
      }),
      at(17, 7, () => removeSubscription(new RegExp(`/${buildingA}/messages$`), buildingA, 1)),
      at(20, 3, async () => {
        const keys = parseConfig({ ...tenant.settings, KEYS_DIR: join(stage.dataDir, "keys") }).keys;
        const ring = await openKeyRing({ ...keys, edges: createEdges(createMemoryLog([])) });
        rotatedTo = (await ring.add()).id;
      }),
      at(24, 3, async () => {
        await stop();
        const [port] = await findPorts(1);
        const url = `http://127.0.0.1:${port}`;
        weather.moveBot(url);
        await stage.startBot({ PORT: String(port), BOT_ENDPOINT: url });
        ledger.move(clock.now());
        ledger.read(town.count());
      }),
    ];
  }
  let rotatedTo = "";

  it("hears every message once and in order", async () => {
    const random = createRandom(SEED + 1);
    const talks = Array.from({ length: DAYS * TALKS_A_DAY }, () =>
      at(random() * DAYS, 0, async () => {
        for (const round of town.gather()) {
          for (const id of round) town.speak(id);
          await clock.advance(BREATH_MS);
        }
      }),
    );
    const startedAt = clock.now();
    const plan = [...talks, ...listHappenings()].toSorted((a, b) => a.atMs - b.atMs);
    for (const { atMs, run } of plan) {
      await clock.advance(startedAt + atMs - clock.now());
      await run();
    }
    await clock.advance(startedAt + DAYS * DAY_MS - clock.now());

    const shared = stage.tenant.organisations[0]!.teams.flatMap(({ channels }) => channels);
    const polled = shared.filter(({ kind }) => kind === "shared").map(({ id }) => id);
    ledger.read(
      new Set(town.said.filter((one) => polled.includes(one.conversationId)).map((one) => one.createdAt))
        .size,
    );
    console.info(`      ${town.said.length} messages; ${ledger.format(weather.calls, clock.now())}`);
    const faults = judgeHearing(town.said, stage.traces);
    assert.equal(faults.length, 0, describeFaults(faults));
    assert.deepEqual(
      stage.tenant
        .subscriptions()
        .filter(
          ({ includeResourceData, encryptionCertificateId }) =>
            includeResourceData && encryptionCertificateId !== rotatedTo,
        ),
      [],
      "a subscription is still sealed to the certificate before the rotation",
    );
  });
});
