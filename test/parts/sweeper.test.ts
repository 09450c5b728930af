import assert from "node:assert/strict";
import { EarshotError } from "../../src/errors.ts";
import { createSweeper, type Sweeper } from "../../src/inbox/sweeper.ts";
import { createHeldClock, type HeldClock } from "./held-clock.ts";
import { createQuietEdges } from "./quiet-edges.ts";

const START = Date.parse("2026-03-01T12:00:00Z");
const RETENTION = { doneMs: 3_000_000, parkedMs: 9_000_000 };

describe("the sweeper", () => {
  let clock: HeldClock;
  let sweeper: Sweeper;
  let asked: { doneBefore: number; parkedBefore: number }[];
  let warnings: object[];

  /** `answers`: what the database deletes at each call; nothing after the last. */
  const start = (...answers: ({ done: number; parked: number } | EarshotError)[]) => {
    const edges = createQuietEdges(clock);
    sweeper = createSweeper({
      storage: {
        prune: async (age) => {
          asked.push(age);
          const answer = answers.shift() ?? { done: 0, parked: 0 };
          if (answer instanceof EarshotError) throw answer;
          return answer;
        },
      },
      retention: RETENTION,
      edges: { ...edges, log: { ...edges.log, warn: (fields) => void warnings.push(fields) } },
    });
    sweeper.start();
  };
  beforeEach(() => {
    clock = createHeldClock(START);
    asked = [];
    warnings = [];
  });
  afterEach(() => sweeper.stop());

  it("deletes by the age that is set, of what was handled and of what was set aside", async () => {
    start();
    await clock.fallAsleep();
    assert.deepEqual(asked, [
      { doneBefore: START - RETENTION.doneMs, parkedBefore: START - RETENTION.parkedMs },
    ]);
    assert.deepEqual(warnings, []);
  });

  it("goes on, bite by bite, until nothing is left, and tells of what nobody brought back", async () => {
    start({ done: 5_000, parked: 0 }, { done: 12, parked: 3 });
    await clock.fallAsleep();
    clock.advance(100);
    await clock.fallAsleep();
    clock.advance(100);
    await clock.fallAsleep();
    assert.equal(asked.length, 3);
    assert.deepEqual(warnings, [{ parked: 3 }]);
  });

  it("comes back after a while, also after the database failed", async () => {
    start(new EarshotError("storage-unavailable", "the disk is full"));
    await clock.fallAsleep();
    assert.deepEqual(warnings, [{ code: "storage-unavailable" }]);
    clock.advance(10 * 60_000);
    await clock.fallAsleep();
    assert.equal(asked.length, 2);
    assert.equal(asked[1]?.doneBefore, START + 10 * 60_000 - RETENTION.doneMs);
  });
});
