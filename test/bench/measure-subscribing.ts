/** How fast thousands of channels are subscribed to by Graph's own limits, and that a restart costs nothing there. */
import { setTimeout as pause } from "node:timers/promises";
import { createImpatientClock, type ImpatientClock } from "../clock/impatient-clock.ts";
import { readAddress } from "../clock/traffic.ts";
import { setStage, type Stage } from "../journeys/stage.ts";
import type { Figure } from "./figure.ts";

/** Of one app in one tenant: https://learn.microsoft.com/graph/throttling-limits#subscriptions-service-limits */
const WRITES_IN_WINDOW = 500;
const WINDOW_MS = 20_000;
const MOST_RATIO = 1.2;
const TEAMS = 50;
/** Graph allows 10,000 subscriptions in an organisation: what is left is for lists of channels and for chats. */
const QUOTA = 10_000;
/** In the seed, besides. */
const SEEDED_TEAMS = 2;
const SEEDED_CHANNELS = 4;
const WATCHED_MS = 10 * 60_000;

export async function measureSubscribing(needs: { channels: number }): Promise<Figure[]> {
  const clock = createImpatientClock();
  const subscribed = { amount: 0, writes: 0, throttled: 0 };
  let onSubscribed = (): void => undefined;
  const countingFetch: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    const isWrite = /\/subscriptions(\/|$)/.test(readAddress(input)) && (init?.method ?? "GET") !== "GET";
    if (isWrite) subscribed.writes += 1;
    if (isWrite && response.status === 429) subscribed.throttled += 1;
    if (isWrite && response.status === 201) {
      subscribed.amount += 1;
      onSubscribed();
    }
    return response;
  };
  const perTeam = Math.floor(needs.channels / TEAMS);
  // The channels, the list of channels of each team, and all chats at once.
  const wanted = TEAMS * perTeam + SEEDED_CHANNELS + TEAMS + SEEDED_TEAMS + 1;
  if (wanted > QUOTA) throw new RangeError(`${wanted} subscriptions are more than the quota of ${QUOTA}`);
  const stage = await setStage({
    bulk: { teams: TEAMS, channelsPerTeam: perTeam },
    edges: clock.edges("bot", countingFetch),
    tenantEdges: clock.edges("tenant"),
    installEverywhere: false,
  });
  clock.follow(stage);
  try {
    const coldMs = await measureCold(stage, clock, async () => {
      while (subscribed.amount < wanted) {
        await new Promise<void>((resolve) => {
          onSubscribed = resolve;
        });
      }
    });
    const { writes: coldWrites, throttled } = subscribed;
    const channels = TEAMS * perTeam + SEEDED_CHANNELS;
    const leastMs = (Math.ceil(wanted / WRITES_IN_WINDOW) - 1) * WINDOW_MS;
    const skipped = `waiting was left out (${(clock.readSkippedMs() / 1_000).toFixed(0)} s), computing counted at its real cost, bot and tenant in one process`;
    const warm = await measureWarm(stage, clock, subscribed);
    return [
      {
        name: `cold start, ${channels.toLocaleString("en")} channel subscriptions`,
        ...{ value: coldMs / 1_000, unit: "s", mostRatio: MOST_RATIO },
        beside: { name: "least that Graph's limits allow", value: leastMs / 1_000 },
        note: `${wanted.toLocaleString("en")} subscriptions in all, ${coldWrites.toLocaleString("en")} writes, ${throttled} of them refused with 429; ${skipped}`,
      },
      {
        name: "warm restart, writes to Graph",
        ...{ value: warm.writes, unit: "writes", mostRatio: 0 },
        beside: { name: "cold start", value: coldWrites },
        note: `within ${WATCHED_MS / 60_000} minutes of the restart, on the same database`,
      },
      {
        name: "warm restart, until ready",
        ...{ value: warm.readyMs / 1_000, unit: "s", mostRatio: null },
        beside: { name: "cold start", value: coldMs / 1_000 },
        note: "real time, from the start until /readyz answers 200",
      },
    ];
  } finally {
    await clock.pass(stage.strike());
    clock.restore();
  }
}

async function measureCold(
  { tenant }: Stage,
  clock: ImpatientClock,
  waitForAll: () => Promise<void>,
): Promise<number> {
  const from = clock.now();
  await clock.pass(Promise.all([tenant.installEverywhere(), waitForAll()]));
  return clock.now() - from;
}

async function measureWarm(
  stage: Stage,
  clock: ImpatientClock,
  subscribed: { readonly writes: number },
): Promise<{ writes: number; readyMs: number }> {
  // What was answered last is written down before the bot is stopped.
  await clock.pass(clock.sleep(5_000));
  await clock.pass(stage.stopBot());
  const before = subscribed.writes;
  const from = performance.now();
  await stage.startBot();
  while ((await fetch(`${stage.adminUrl}/readyz`)).status !== 200) await pause(5);
  const readyMs = performance.now() - from;
  await clock.pass(clock.sleep(WATCHED_MS));
  return { writes: subscribed.writes - before, readyMs };
}
