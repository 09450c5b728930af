/** The bot as a program of its own, killed in the middle of its work: nothing lost, nothing said twice, order kept. */
import assert from "node:assert/strict";
import { runTrial } from "../soak/run-trial.ts";
import { describeVerdict, type Verdict } from "../soak/verdict.ts";
import { usePostgresServer } from "../postgres-server.ts";

const KILLS = 20;

describe("crash", function () {
  this.timeout(240_000);
  const server = usePostgresServer(after);
  let trials: Record<"sqlite" | "postgres", Promise<Verdict>>;

  // Most of a trial is waiting: both at once take little longer than one.
  before(async () => {
    const databaseUrl = await (await server()).createDatabase();
    const trial = { instances: 1, kills: KILLS, messages: 100 };
    trials = {
      sqlite: runTrial({ ...trial, seed: 1_001, databaseUrl: null }),
      postgres: runTrial({ ...trial, seed: 2_002, databaseUrl }),
    };
    await Promise.allSettled(Object.values(trials));
  });

  for (const name of ["sqlite", "postgres"] as const) {
    it(`loses nothing and says nothing twice, killed at ${KILLS} random moments, on ${name}`, async () => {
      const verdict = await trials[name];
      assert.ok(verdict.isGood, describeVerdict(verdict));
      assert.equal(verdict.kills, KILLS);
      assert.ok(verdict.messages >= 100);
    });
  }
});
