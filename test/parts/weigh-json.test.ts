import assert from "node:assert/strict";
import fc from "fast-check";
import { weighJson } from "../../src/webhook/weigh-json.ts";

const weigh = (text: string) => weighJson(Buffer.from(text));

describe("weighing JSON", () => {
  for (const [text, values, depth] of [
    ["1", 1, 0],
    ["[]", 2, 1],
    ["[1,2,3]", 4, 1],
    ['{"a":1,"b":[{}]}', 5, 3],
    ['"[[[,,,{{{"', 1, 0],
    [String.raw`"\"[,\\"`, 1, 0],
    [String.raw`["\\",[]]`, 4, 2],
    ["", 1, 0],
    ['"never closed [[[', 1, 0],
  ] as const) {
    it(`${text === "" ? "nothing" : text} is ${values} values, ${depth} deep`, () => {
      assert.deepEqual(weigh(text), { values, depth });
    });
  }

  it("is never less than what is in it", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        const { values, depth } = weigh(text);
        assert.ok(values >= countLeaves(value), text);
        assert.ok(depth >= measureDepth(value), text);
      }),
    );
  });
});

function countLeaves(value: unknown): number {
  if (typeof value !== "object" || value === null) return 1;
  return Object.values(value).reduce<number>((sum, member) => sum + countLeaves(member), 0);
}

function measureDepth(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(measureDepth));
}
