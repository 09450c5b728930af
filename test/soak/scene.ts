/** What a trial goes on in: a tenant with people in it, a database, and bots as processes of their own. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEdges } from "../../src/edges.ts";
import { startEmulatedTenant, type EmulatedTenant } from "../../src/emulator/emulated-tenant.ts";
import type { Faults } from "../../src/emulator/faults.ts";
import { createMemoryLog, MANIFEST_PERMISSIONS } from "../journeys/stage.ts";
import { createBotProcess, type BotProcess } from "./bot-process.ts";
import { createCrowd, type Crowd } from "./crowd.ts";
import { findPorts } from "./find-ports.ts";
import { startLoadBalancer, type LoadBalancer } from "./load-balancer.ts";
import { createRandom, type Random } from "./random.ts";
import type { Kill } from "./strike.ts";
import { waitUntil } from "./wait.ts";

export interface Trial {
  /** Of all chance in it. What comes of it depends on the machine too, whose course no seed tells. */
  readonly seed: number;
  /** `postgres://…`, empty; null: a SQLite file of its own. */
  readonly databaseUrl: string | null;
  /** More than one needs PostgreSQL. */
  readonly instances: number;
  readonly kills: number;
  /** At least; people talk on while there are kills to come. */
  readonly messages: number;
  readonly faults?: Omit<Faults, "seed">;
  /** Others talk beside, so many messages a minute: nothing is owed to them but to be heard. Default: nobody. */
  readonly othersPerMinute?: number;
  /** Something else that happens while people talk, who talk until it is over. */
  readonly meanwhile?: (scene: Scene) => Promise<void>;
  readonly signal?: AbortSignal;
}

export interface Scene {
  readonly trial: Trial;
  readonly tenant: EmulatedTenant;
  readonly crowd: Crowd;
  readonly bots: readonly BotProcess[];
  readonly kills: Kill[];
  /** Where there are several instances. */
  readonly balancer: LoadBalancer | null;
  /** As in `DATABASE_URL`. */
  readonly database: string;
  readonly random: Random;
  /** Waits for what must come; rejects where it does not within half a minute. */
  waitFor(what: string, holds: () => boolean | Promise<boolean>): Promise<void>;
}

/** Beside those that the tenant has: what is stuck after a kill leaves enough to go on with. */
const MORE_CHANNELS: readonly (readonly [team: string, channel: string])[] = [
  ["Help Desk", "Printers"],
  ["Help Desk", "Networks"],
  ["Facilities", "Parking"],
  ["Facilities", "Canteen"],
];
const SUBSCRIPTIONS = 5 + MORE_CHANNELS.length;
const PATIENCE_MS = 30_000;

/** What has to be ended is added to `ends` as it is started, so that it can be ended whatever happens. */
export async function setScene(trial: Trial, ends: (() => Promise<unknown>)[]): Promise<Scene> {
  const dataDir = await mkdtemp(join(tmpdir(), "earshot-soak-"));
  ends.push(() => rm(dataDir, { recursive: true, force: true }));
  const [publicPort = 0, ...otherPorts] = await findPorts(1 + 2 * trial.instances);
  const tenant = await startEmulatedTenant({
    edges: createEdges(createMemoryLog([])),
    port: 0,
    botUrl: `http://127.0.0.1:${publicPort}`,
    tracesUrl: null,
    rscPermissions: MANIFEST_PERMISSIONS,
  });
  ends.push(() => tenant.close());
  for (const [team, channel] of MORE_CHANNELS) tenant.addChannel(team, channel);

  const adminPorts = otherPorts.slice(trial.instances);
  const ports = trial.instances === 1 ? [publicPort] : otherPorts.slice(0, trial.instances);
  const balancer = trial.instances === 1 ? null : await startLoadBalancer(publicPort, ports);
  if (balancer) ends.push(() => balancer.close());
  const database = trial.databaseUrl ?? `sqlite:${join(dataDir, "earshot.db")}`;
  const settings = {
    ...tenant.settings,
    DATABASE_URL: database,
    KEYS_DIR: join(dataDir, "keys"),
    LISTENER_FILE: join(import.meta.dirname, "listener.yaml"),
    // They start often.
    NODE_COMPILE_CACHE: join(dataDir, "compiled"),
  };
  const bots = ports.map((port, index) =>
    createBotProcess({ settings, port, adminPort: adminPorts[index]! }),
  );
  ends.push(() => Promise.all(bots.map((bot) => bot.kill())));
  await Promise.all(bots.map((bot) => bot.start()));

  const waitFor: Scene["waitFor"] = (what, holds) =>
    waitUntil({
      ...{ what, holds, patienceMs: PATIENCE_MS, explain: () => describeBots(bots) },
      ...(trial.signal && { signal: trial.signal }),
    });
  await tenant.installEverywhere();
  const countToMessages = () =>
    tenant.subscriptions().filter(({ resource }) => /messages$/i.test(resource)).length;
  await waitFor("the subscriptions to messages", () => countToMessages() === SUBSCRIPTIONS);
  return {
    ...{ trial, tenant, bots, balancer, database, waitFor },
    kills: [],
    random: createRandom(trial.seed),
    crowd: createCrowd(tenant, createRandom(trial.seed + 1)),
  };
}

/** What they said last. */
export function describeBots(bots: readonly BotProcess[]): string {
  return bots.map(({ lines }) => lines.slice(-25).join("\n")).join("\n---\n");
}
