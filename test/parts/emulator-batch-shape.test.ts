import assert from "node:assert/strict";
import { parseBatch } from "../../src/emulator/batch-shape.ts";

const get = (id: string, more: object = {}) => ({ id, method: "GET", url: "/subscriptions", ...more });
const many = (amount: number) => Array.from({ length: amount }, (_, index) => get(String(index)));

describe("emulated tenant: a batch's shape", () => {
  const wellFormed: Readonly<Record<string, readonly object[]>> = {
    "one request": [get("1")],
    "twenty requests": many(20),
    "a body with its type": [
      get("1", { method: "POST", body: {}, headers: { "content-type": "application/json" } }),
    ],
    "a body with its type in any letters": [
      get("1", { method: "PATCH", body: {}, headers: { "CONTENT-TYPE": "application/json" } }),
    ],
    "an action without a body": [get("1", { method: "POST" })],
    "one after the other": [get("1"), get("2", { dependsOn: ["1"] }), get("3", { dependsOn: ["2", "1"] })],
    "one after the other, in other letters": [get("a"), get("b", { dependsOn: ["A"] })],
  };
  for (const [what, requests] of Object.entries(wellFormed)) {
    it(`takes ${what}`, () => {
      assert.deepEqual(parseBatch({ requests }), requests);
    });
  }

  const malformed: Readonly<Record<string, readonly [input: unknown, message: RegExp]>> = {
    "no object": ["requests", /Invalid batch payload/],
    "no requests": [{}, /Invalid batch payload/],
    "an empty list": [{ requests: [] }, /no requests/],
    "21 requests": [{ requests: many(21) }, /maximum value of 20/],
    "a request without an id": [{ requests: [{ method: "GET", url: "/x" }] }, /requests\.0\.id/],
    "a number for an id": [{ requests: [{ ...get("1"), id: 1 }] }, /requests\.0\.id/],
    "a request without a method": [{ requests: [{ id: "1", url: "/x" }] }, /requests\.0\.method/],
    "a request without a url": [{ requests: [{ id: "1", method: "GET" }] }, /requests\.0\.url/],
    "an id twice": [{ requests: [get("1"), get("1")] }, /unique/],
    "an id twice in other letters": [{ requests: [get("a"), get("A")] }, /unique/],
    "a body without its type": [{ requests: [get("1", { method: "POST", body: {} })] }, /Content-Type/],
    "a change without a body": [{ requests: [get("1", { method: "PATCH" })] }, /Content-Type header or body/],
    "one that depends on none": [{ requests: [get("1", { dependsOn: ["2"] })] }, /depends on 2/],
    "one that depends on itself": [{ requests: [get("1", { dependsOn: ["1"] })] }, /depends on 1/],
  };
  for (const [what, [input, message]] of Object.entries(malformed)) {
    it(`refuses ${what}`, () => {
      assert.throws(() => parseBatch(input), { status: 400, code: "BadRequest", message });
    });
  }
});
