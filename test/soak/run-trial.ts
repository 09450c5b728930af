/** One trial: people talk, bots are killed and started again, the tenant makes trouble; and then the verdict. */
import { setTimeout as pause } from "node:timers/promises";
import { readRows } from "./bot-process.ts";
import { setScene, type Scene, type Trial } from "./scene.ts";
import { strike } from "./strike.ts";
import { reachVerdict, type Verdict } from "./verdict.ts";
import { waitUntil } from "./wait.ts";

/** A trial is over before. */
const LONGEST_MINUTES = 60;
/** A dozen lines a second. */
const MOST_PAUSE_MS = 160;
/** What was silent for longer than this comes no more: the waits after a crash and for Teams' limits are shorter. */
const QUIET_PATIENCE_MS = 90_000;

/** Rejects where the trial itself could not be carried out; what the bots did wrong stands in the verdict. */
export async function runTrial(trial: Trial): Promise<Verdict> {
  const ends: (() => Promise<unknown>)[] = [];
  const startedAt = Date.now();
  try {
    const scene = await setScene(trial, ends);
    await play(scene);
    const unrest = await waitForQuiet(scene);
    return await reachVerdict(scene, { startedAt, unrest });
  } finally {
    for (const end of ends.toReversed()) await end();
  }
}

/** People talk without a break; bots are killed at random moments and start again at once. */
async function play(scene: Scene): Promise<void> {
  const { trial, tenant, crowd, bots, random } = scene;
  const broken = new AbortController();
  const signal = AbortSignal.any([broken.signal, ...(trial.signal ? [trial.signal] : [])]);
  tenant.setFaults(trial.faults ? { ...trial.faults, seed: trial.seed } : null);
  let isOver = false;
  const talk = async () => {
    while (crowd.lines.length < trial.messages || !isOver) {
      crowd.speak();
      await pause(MOST_PAUSE_MS * random(), undefined, { signal });
    }
  };
  const trouble = async () => {
    const onKill = (kill: Scene["kills"][number]) => void scene.kills.push(kill);
    const struck = strike({ tenant, bots, amount: trial.kills, random, signal, onKill });
    await Promise.all([struck, trial.meanwhile?.(scene)]);
    isOver = true;
  };
  const { seed, othersPerMinute } = trial;
  if (othersPerMinute !== undefined)
    tenant.startTraffic({ seed, perMinute: othersPerMinute, minutes: LONGEST_MINUTES });
  const parts = [talk(), trouble()];
  try {
    await Promise.all(parts);
  } finally {
    broken.abort();
    tenant.stopTraffic();
    await Promise.allSettled(parts);
  }
  tenant.setFaults(null);
}

/**
 * All is delivered or given up, and no row waits or is in hand, at two looks in a row. Answers what hinders it where
 * nothing moves any more, else null.
 */
async function waitForQuiet({ trial, tenant, bots }: Scene): Promise<string | null> {
  let calm = 0;
  let unrest = "";
  const readWork = () =>
    tenant.deliveries.reduce((sum, { attempts }) => sum + attempts.length, tenant.sends.length);
  const isQuiet = waitUntil({
    what: "quiet",
    patienceMs: QUIET_PATIENCE_MS,
    readProgress: readWork,
    ...(trial.signal && { signal: trial.signal }),
    holds: async () => {
      const before = readWork();
      const pending = tenant.deliveries.filter(({ state }) => state === "pending").length;
      const { waiting, claimed } = await readRows(bots[0]!);
      unrest = `no quiet: ${pending} deliveries pending, ${waiting} rows waiting, ${claimed} claimed`;
      calm = pending + waiting + claimed === 0 && before === readWork() ? calm + 1 : 0;
      return calm >= 2;
    },
  });
  return isQuiet.then(
    () => null,
    () => {
      trial.signal?.throwIfAborted();
      return unrest;
    },
  );
}
