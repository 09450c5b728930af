/** Thirty days in a minute or two: whatever time and trouble do, what is said is heard, once and in order. */
import assert from "node:assert/strict";
import type { Channel } from "../../src/emulator/tenant-model.ts";
import { createMovedClock, type MovedClock } from "../clock/moved-clock.ts";
import { createRandom } from "../soak/random.ts";
import { createGraphWeather, type GraphWeather } from "./graph-weather.ts";
import { setStage, type Stage } from "./stage.ts";
import { describeFaults, judgeHearing } from "./thirty-days-judge.ts";
import { createTown, type Town } from "./thirty-days-town.ts";

const SEED = Number(process.env.SEED ?? 20_261_121);
const DAYS = 30;
const TALKS_A_DAY = 12;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

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

  before(async () => {
    clock = createMovedClock(Date.parse("2026-11-02T08:00:00Z"));
    weather = createGraphWeather(clock);
    stage = await setStage({
      edges: clock.edges("bot", weather.botFetch),
      tenantEdges: clock.edges("tenant", weather.tenantFetch),
    });
    clock.follow(stage);
    town = createTown(stage.tenant, createRandom(SEED));
    const [contoso] = stage.tenant.organisations;
    for (const { id, kind } of contoso!.chats) if (kind !== "personal") town.open(id);
    for (const { id, kind } of contoso!.teams.flatMap(({ channels }) => channels)) {
      if (kind === "standard") town.open(id);
    }
    await clock.advance(MINUTE_MS);
  });
  after(async () => {
    await stage.strike();
    clock.restore();
  });

  const begin = (team: string, name: string): Channel => {
    const channel = stage.tenant.addChannel(team, name);
    town.open(channel.id);
    town.speak(channel.id);
    return channel;
  };
  const findSubscription = (resource: RegExp) =>
    stage.tenant.subscriptions().find((each) => resource.test(each.resource))!.id;
  const at = (day: number, hour: number, run: () => unknown): Happening => ({
    atMs: Math.round(day * DAY_MS + hour * HOUR_MS),
    run,
  });

  it("hears every message once and in order", async () => {
    const { tenant } = stage;
    const random = createRandom(SEED + 1);
    const talks = Array.from({ length: DAYS * TALKS_A_DAY }, () =>
      at(random() * DAYS, 0, () => {
        town.talk();
      }),
    );
    const happenings = [
      at(1, 3, () => begin("Help Desk", "Networks")),
      at(3, 7, () => tenant.sendLifecycle(findSubscription(/getAllMessages$/), "subscriptionRemoved")),
      at(6, 0, () => {
        weather.change("throttled");
        begin("Facilities", "Parking");
      }),
      at(6, 0.5, () => {
        weather.change("fair");
      }),
      at(9, 4, () => {
        weather.change("out");
        begin("Facilities", "Canteen");
      }),
      at(9, 5, () => {
        weather.change("fair");
      }),
      at(17, 7, () => tenant.sendLifecycle(findSubscription(/channels\/.*messages$/), "subscriptionRemoved")),
    ];
    const startedAt = clock.now();
    for (const { atMs, run } of [...talks, ...happenings].toSorted((a, b) => a.atMs - b.atMs)) {
      await clock.advance(startedAt + atMs - clock.now());
      await run();
      if (process.env.J)
        console.info(
          (atMs / DAY_MS).toFixed(2),
          town.said.length,
          weather.calls.length,
          Math.round(performance.now() / 1000),
        );
    }
    await clock.advance(startedAt + DAYS * DAY_MS - clock.now());
    console.info(`      ${town.said.length} messages, ${weather.calls.length} calls to Graph`);
    const faults = judgeHearing(town.said, stage.traces);
    assert.equal(faults.length, 0, describeFaults(faults));
  });
});
