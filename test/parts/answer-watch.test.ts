import assert from "node:assert/strict";
import { createAnswerWatch } from "../../src/webhook/answer-watch.ts";

const MINUTE_MS = 60_000;
const START = Date.parse("2026-03-01T12:00:00Z");

describe("the watch over our answers", () => {
  const watch = () => {
    let now = START;
    const recovered: number[] = [];
    const { note } = createAnswerWatch(
      () => now,
      (since) => recovered.push(since),
    );
    return {
      recovered,
      pass: (ms: number) => {
        now += ms;
      },
      answer: (times: number, { tookMs = 5, isGood = true } = {}) => {
        for (let index = 0; index < times; index += 1) note({ receivedAt: now - tookMs, isGood });
      },
    };
  };

  for (const [title, bad] of [
    ["refused", { isGood: false }],
    ["given after ten seconds", { tookMs: 10_001 }],
  ] as const) {
    it(`tells, when all is well again, since when Graph may have dropped some: answers were ${title}`, () => {
      const { answer, recovered, pass } = watch();
      answer(100);
      pass(20 * MINUTE_MS);
      answer(3, bad);
      assert.deepEqual(recovered, []);
      pass(MINUTE_MS);
      answer(17);
      assert.deepEqual(recovered, [START + 20 * MINUTE_MS - 10 * MINUTE_MS]);
      answer(50);
      assert.equal(recovered.length, 1);
    });
  }

  for (const [title, bad, good] of [
    ["two refused, and nothing else", 2, 0],
    ["fifteen of a hundred refused", 15, 85],
  ] as const) {
    it(`is content with ${title}`, () => {
      const { answer, recovered } = watch();
      answer(good);
      answer(bad, { isGood: false });
      answer(1_000);
      assert.deepEqual(recovered, []);
    });
  }

  it("tells of it, too, when ten minutes have passed without another", () => {
    const { answer, recovered, pass } = watch();
    answer(5, { isGood: false });
    pass(11 * MINUTE_MS);
    answer(1);
    assert.equal(recovered.length, 1);
  });
});
