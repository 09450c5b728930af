import assert from "node:assert/strict";
import { planPolling } from "../../src/subscriptions/plan-polling.ts";

const SILENT = { heardAt: 0 };
const PROVEN = { heardAt: 7 };
const POLLED = { state: "polled" } as const;
const DEAF = { state: "deaf" } as const;

describe("the plan of polling", () => {
  const TABLE = [
    ["a channel that is subscribed to", false, [SILENT], undefined, "hear: subscribed"],
    ["a channel that is not", false, [], undefined, "none: not-subscribed"],
    ["a channel that was refused", false, [], DEAF, "none: refused"],
    ["a channel that was refused for its kind", false, [], POLLED, "poll: refused"],
    ["a shared channel that is not subscribed to", true, [], undefined, "poll: not-subscribed"],
    ["a shared channel that was refused", true, [], POLLED, "poll: refused"],
    ["a private channel for which a permission is missing", true, [], DEAF, "poll: refused"],
    [
      "a shared channel whose subscription brought nothing yet",
      true,
      [SILENT],
      undefined,
      "poll: nothing-came-yet",
    ],
    [
      "a shared channel whose subscription brought something",
      true,
      [SILENT, PROVEN],
      undefined,
      "hear: subscribed",
    ],
  ] as const;
  for (const [title, isDoubtful, alive, refusal, expected] of TABLE) {
    it(`of ${title} is ${expected}`, () => {
      const { kind, reason } = planPolling({ isDoubtful, alive, refusal });
      assert.equal(`${kind}: ${reason}`, expected);
    });
  }
});
