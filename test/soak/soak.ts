import { setTimeout as pause } from "node:timers/promises";
import { startPostgresServer, type PostgresServer } from "../postgres-server.ts";
import { createFullDisk, createServerOutage, type Outage } from "./outage.ts";
import { planTrial, type TrialPlan, type Wish } from "./plan-trial.ts";
import { runTrial } from "./run-trial.ts";
import type { Scene } from "./scene.ts";
import { describeVerdict, type Verdict } from "./verdict.ts";

/** A trial is mostly waiting; more than this, and bots do not start in time. */
const LANES = 2;
const HOUR_MS = 60 * 60_000;

interface Tally {
  trials: number;
  messages: number;
  kills: number;
  readonly failed: number[];
}

/** Answers whether all was well. No new trial begins after the time is over, or the signal; an open one is dropped by it. */
export async function soak(needs: {
  readonly hours: number;
  readonly seed: number;
  readonly wish: Wish;
  /** That one seed, once. */
  readonly isOnlyOne: boolean;
  readonly signal: AbortSignal;
  readonly print: (line: string) => void;
}): Promise<boolean> {
  const { hours, wish, isOnlyOne, signal, print } = needs;
  const startedAt = Date.now();
  const tally: Tally = { trials: 0, messages: 0, kills: 0, failed: [] };
  let next = needs.seed;
  const isOver = () =>
    signal.aborted || (isOnlyOne ? next > needs.seed : Date.now() - startedAt >= hours * HOUR_MS);

  /** With a PostgreSQL of its own: an outage in one lane is none in the other. */
  const runLane = async (): Promise<void> => {
    let server: PostgresServer | null = null;
    try {
      while (!isOver()) {
        const plan = planTrial(next++, wish);
        if (plan.database === "postgres") server ??= await startPostgresServer();
        const line = await tryTrial(plan, server, signal, tally);
        if (line !== null) print(line);
      }
    } finally {
      await server?.close();
    }
  };
  await Promise.all(Array.from({ length: isOnlyOne ? 1 : LANES }, runLane));

  const isWell = tally.failed.length === 0;
  const took = `${((Date.now() - startedAt) / HOUR_MS).toFixed(1)} h`;
  const count = (amount: number, what: string) => `${amount.toLocaleString("en")} ${what}`;
  const done = [
    took,
    count(tally.trials, "trials"),
    count(tally.messages, "messages"),
    count(tally.kills, "kills"),
  ];
  const verdict = isWell
    ? "nothing lost, nothing twice, order kept"
    : `FAILED: ${tally.failed.map((seed) => `seed ${seed}`).join(", ")}`;
  print(`soak: ${done.join(", ")}: ${verdict}${signal.aborted ? " (stopped early)" : ""}`);
  return isWell;
}

/** What is to be printed of it; null where it was broken off. */
async function tryTrial(
  plan: TrialPlan,
  server: PostgresServer | null,
  signal: AbortSignal,
  tally: Tally,
): Promise<string | null> {
  const name = describePlan(plan);
  const fail = (reason: string) => {
    tally.failed.push(plan.seed);
    return `${name}: FAILED\n${reason}`;
  };
  try {
    const verdict = await carryOut(plan, server, signal);
    tally.trials += 1;
    tally.messages += verdict.messages;
    tally.kills += verdict.kills;
    const seconds = Math.round(verdict.durationMs / 1_000);
    return verdict.isGood
      ? `${name}: well; ${verdict.messages} messages, ${verdict.kills} kills, ${seconds} s`
      : fail(describeVerdict(verdict));
  } catch (error) {
    if (signal.aborted) return null;
    tally.trials += 1;
    return fail(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
}

async function carryOut(
  { seed, instances, kills, messages, faults, outages, database }: TrialPlan,
  server: PostgresServer | null,
  signal: AbortSignal,
): Promise<Verdict> {
  const isShared = database === "postgres" && server !== null;
  const outage = isShared ? createServerOutage(server) : createFullDisk();
  return runTrial({
    ...{ seed, instances, messages, signal, othersPerMinute: OTHERS_PER_MINUTE },
    databaseUrl: isShared ? await server.createDatabase() : null,
    // A bot that cannot write cannot start either: then it is one or the other.
    kills: outages > 0 ? 0 : kills,
    ...(faults && { faults }),
    ...(outage && outages > 0 && { meanwhile: (scene) => makeOutages(scene, outage, outages) }),
  });
}

/** People who talk of something else, mention the bot, edit and delete. */
const OTHERS_PER_MINUTE = 30;
const MOST_PAUSE_MS = 6_000;
/** Bot Framework's patience is shorter than Graph's. */
const MOST_OUTAGE_MS = 4_000;

async function makeOutages(scene: Scene, outage: Outage, amount: number): Promise<void> {
  const { random, trial } = scene;
  const rest = (mostMs: number) =>
    pause(mostMs * random(), undefined, trial.signal && { signal: trial.signal });
  for (let done = 0; done < amount; done += 1) {
    await rest(MOST_PAUSE_MS);
    await outage.begin(scene);
    try {
      await rest(MOST_OUTAGE_MS);
    } finally {
      await outage.end(scene);
    }
  }
  await rest(MOST_PAUSE_MS);
}

function describePlan({ seed, database, instances, faults, outages }: TrialPlan): string {
  const parts = [
    `seed ${seed}: ${instances} on ${database}`,
    faults ? "a tenant in trouble" : null,
    outages > 0 ? `${outages} outages` : null,
  ];
  return parts.filter((part) => part !== null).join(", ");
}
