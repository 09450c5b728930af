/** The disk is full, or the database gone: what cannot be kept is not acknowledged, and all goes on by itself after. */
import assert from "node:assert/strict";
import { startPostgresServer } from "../postgres-server.ts";
import { createFullDisk, createServerOutage, type Outage } from "../soak/outage.ts";
import { readMessageKeys } from "../soak/read-deliveries.ts";
import { runTrial } from "../soak/run-trial.ts";
import type { Scene, Trial } from "../soak/scene.ts";
import { describeVerdict, type Verdict } from "../soak/verdict.ts";

const LINES = 15;

describe("full disk", function () {
  this.timeout(240_000);
  let trials: Record<"disk" | "database", Promise<Verdict | null>>;

  before(async () => {
    const server = await startPostgresServer();
    after(() => server.close());
    const fullDisk = createFullDisk();
    const trial = { instances: 1, kills: 0, messages: 100 };
    trials = {
      disk: fullDisk
        ? runOutage({ ...trial, seed: 9_009, databaseUrl: null }, fullDisk)
        : Promise.resolve(null),
      database: runOutage(
        { ...trial, seed: 1_010, databaseUrl: await server.createDatabase() },
        createServerOutage(server),
      ),
    };
    await Promise.allSettled(Object.values(trials));
  });

  it("answers 503 while SQLite cannot write, and loses nothing", async function () {
    const verdict = await trials.disk;
    // `prlimit` is Linux's.
    if (!verdict) return this.skip();
    assert.ok(verdict.isGood, describeVerdict(verdict));
  });

  it("answers 503 while PostgreSQL is gone, and loses nothing", async () => {
    const verdict = await trials.database;
    assert.ok(verdict?.isGood, verdict ? describeVerdict(verdict) : "");
  });
});

/** In the midst of people's talk; what is said before, meanwhile and after must all be answered. */
function runOutage(trial: Omit<Trial, "meanwhile">, outage: Outage): Promise<Verdict> {
  return runTrial({
    ...trial,
    meanwhile: async (scene) => {
      const { tenant, crowd, bots, waitFor } = scene;
      await waitFor("talk", () => tenant.sends.length >= LINES);
      await outage.begin(scene);
      // What was under way when it began may have been kept.
      await waitFor("a refusal", () => readStatuses(scene, 0).includes(503));
      const from = crowd.lines.length;
      const pid = bots[0]!.pid();
      await waitFor("more talk", () => crowd.lines.length >= from + LINES);
      await waitFor(
        "its refusal",
        () => readStatuses(scene, from).filter((status) => status === 503).length >= LINES,
      );
      assert.deepEqual(
        readStatuses(scene, from).filter((status) => status !== 503),
        [],
        "something was acknowledged that cannot have been kept",
      );
      await outage.end(scene);
      const after = crowd.lines.length;
      await waitFor("talk again", () => crowd.lines.length >= after + LINES);
      await waitFor("its recovery", () => readStatuses(scene, after).includes(202));
      assert.equal(bots[0]!.pid(), pid);
    },
  });
}

/** What the bot answered to the deliveries of the lines from this one on. */
function readStatuses({ tenant, crowd }: Scene, from: number): (number | null)[] {
  const ids = new Set(crowd.lines.slice(from).map(({ message }) => message.id));
  return tenant.deliveries
    .filter(({ body }) => readMessageKeys(body).some((key) => ids.has(key.split(" ")[1] ?? "")))
    .flatMap(({ attempts }) => attempts.map(({ status }) => status));
}
