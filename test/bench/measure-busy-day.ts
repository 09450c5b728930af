/** A busy day of people who talk as people do, pressed into a minute: what the bot needs beyond the talk itself. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setStage, type Stage } from "../journeys/stage.ts";
import type { Figure } from "./figure.ts";

const SEED = 20_261_121;
const TALK = { seed: SEED, perMinute: 160, minutes: 15, timesFaster: 15 } as const;
/** Graph tries again what is not answered by then. */
const PATIENCE_MS = 3_000;
const MOST_RATIO = 1;
/** Nothing is left waiting long after the last word. */
const MOST_OVERTIME_RATIO = 1.25;
/** Of a hundred answers the slowest is left out. */
const SHARE = 0.99;

/** Answers are left out: how many go out, Teams' limits on sending decide. */
const RULES = "rules: []\n";

export async function measureBusyDay(): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), "earshot-bench-"));
  try {
    const file = join(folder, "listener.yaml");
    await writeFile(file, RULES);
    return await measure(file);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function measure(listenerFile: string): Promise<Figure[]> {
  const stage = await setStage({ settings: { LISTENER_FILE: listenerFile } });
  try {
    await stage.waitForSubscriptions(5);
    const from = performance.now();
    stage.tenant.startTraffic(TALK);
    const { posted, edited, deleted } = await stage.tenant.whenTrafficEnds();
    const talkedMs = performance.now() - from;
    await waitForRest(stage);
    const tookMs = performance.now() - from;
    const note = `${posted} messages, ${edited} edits, ${deleted} deletions by seed ${SEED}; no rules, so that Teams' limits on sending do not count; bot and tenant in one process`;
    return [
      {
        name: "busy day, until all is handled",
        ...{ value: tookMs / 1_000, unit: "s", mostRatio: MOST_OVERTIME_RATIO },
        beside: { name: "people talked for", value: talkedMs / 1_000 },
        note,
      },
      {
        name: "busy day, 99 of 100 notifications answered within",
        ...{ value: readQuantile(listAnswerTimes(stage), SHARE) / 1_000, unit: "s", mostRatio: MOST_RATIO },
        beside: { name: "Graph's patience", value: PATIENCE_MS / 1_000 },
        note: "from the first byte sent to the last one read, stored on disk in between",
      },
    ];
  } finally {
    await stage.strike();
  }
}

/** Everything delivered and nothing waiting or in hand. */
async function waitForRest({ tenant, adminUrl, waitUntil }: Stage): Promise<void> {
  await waitUntil("the deliveries", () => tenant.deliveries.every(({ state }) => state !== "pending"));
  for (;;) {
    const metrics = await (await fetch(`${adminUrl}/metrics`)).text();
    const amounts = [...metrics.matchAll(/^earshot_inbox_rows\{state="(?:waiting|claimed)"\} (\d+)$/gm)];
    if (amounts.length === 2 && amounts.every(([, amount]) => amount === "0")) return;
  }
}

function listAnswerTimes({ tenant }: Stage): number[] {
  return tenant.deliveries
    .filter(({ sender }) => sender === "graph")
    .flatMap(({ attempts }) => attempts.map(({ at, endedAt }) => Date.parse(endedAt) - Date.parse(at)));
}

function readQuantile(values: readonly number[], share: number): number {
  const ascending = values.toSorted((a, b) => a - b);
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? 0;
}
