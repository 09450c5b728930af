/** A tenant that doubles, delays, reorders, loses and spoils what it sends, and refuses or forgets what it is sent. */
import assert from "node:assert/strict";
import type { FaultName, Faults } from "../../src/emulator/faults.ts";
import { usePostgresServer } from "../postgres-server.ts";
import { runTrial } from "../soak/run-trial.ts";
import { describeVerdict, type Verdict } from "../soak/verdict.ts";

const TROUBLED_DELIVERIES = {
  duplicate: 0.2,
  delay: { chance: 0.1, mostMs: 1_500 },
  reorder: 0.2,
  loseGraph: 0.1,
  loseAnswer: 0.1,
  poison: 0.01,
} satisfies Faults["deliveries"];
const TROUBLED_SENDS = {
  throttle: 0.04,
  refuse500: 0.03,
  takenBut500: 0.03,
  hangUp: 0.03,
  takenButHangUp: 0.03,
  slow: { chance: 0.05, ms: 800 },
} satisfies Faults["sends"];
/** One in a hundred may not fall at all among so few. */
const EXPECTED: readonly FaultName[] = [
  ...(Object.keys(TROUBLED_DELIVERIES) as FaultName[]).filter((name) => name !== "poison"),
  ...(Object.keys(TROUBLED_SENDS) as FaultName[]),
];
const TROUBLES = { deliveries: TROUBLED_DELIVERIES, sends: TROUBLED_SENDS };

describe("trouble", function () {
  this.timeout(240_000);
  const server = usePostgresServer(after);
  let trials: Record<string, Promise<Verdict>>;

  before(async () => {
    const { createDatabase } = await server();
    const trial = { instances: 1, messages: 250, faults: TROUBLES };
    trials = {
      "on sqlite": runTrial({ ...trial, seed: 5_005, kills: 0, databaseUrl: null }),
      "on postgres, killed now and then": runTrial({
        ...trial,
        ...{ seed: 6_006, kills: 4, databaseUrl: await createDatabase() },
      }),
    };
    await Promise.allSettled(Object.values(trials));
    trials = {
      ...trials,
      "on sqlite, killed now and then": runTrial({ ...trial, seed: 7_007, kills: 4, databaseUrl: null }),
      "on postgres": runTrial({
        ...trial,
        ...{ seed: 8_008, kills: 0, databaseUrl: await createDatabase() },
      }),
    };
    await Promise.allSettled(Object.values(trials));
  });

  for (const name of [
    "on sqlite",
    "on sqlite, killed now and then",
    "on postgres",
    "on postgres, killed now and then",
  ]) {
    it(`costs nothing and doubles nothing ${name}`, async () => {
      const verdict = await trials[name]!;
      assert.ok(verdict.isGood, describeVerdict(verdict));
    });
  }

  // A fault of three in a hundred may not fall in one of the four.
  it("had every kind of trouble in it", async () => {
    const verdicts = await Promise.all(Object.values(trials));
    for (const fault of EXPECTED) {
      const count = verdicts.reduce((sum, { faultCounts }) => sum + (faultCounts[fault] ?? 0), 0);
      assert.ok(count > 0, `${fault} never happened: ${verdicts.map(describeVerdict).join("\n")}`);
    }
  });
});
