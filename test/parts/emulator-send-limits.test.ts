import assert from "node:assert/strict";
import fc from "fast-check";
import { createSendLimits } from "../../src/emulator/send-limits.ts";

type Asked = Parameters<ReturnType<typeof createSendLimits>["take"]>[0];

const reply: Asked = { kind: "reply", tenantId: "contoso", conversationId: "19:a;messageid=1" };
const react: Asked = { kind: "react", tenantId: "contoso", conversationId: "19:a;messageid=1" };

function createDesk() {
  let nowMs = 1_763_700_000_000;
  const limits = createSendLimits(() => nowMs);
  return {
    pass: (ms: number) => void (nowMs += ms),
    /** How many of so many sends at once are taken. */
    take: (amount: number, send: Asked) =>
      Array.from({ length: amount }, () => limits.take(send)).filter((wait) => wait === null).length,
    ask: (send: Asked) => limits.take(send),
  };
}

describe("emulated tenant: Teams' send limits", () => {
  it("take 7 in a second and 8 in two from a thread, and say when to come back", () => {
    const desk = createDesk();
    assert.equal(desk.take(9, reply), 7);
    assert.equal(desk.ask(reply), 1);
    desk.pass(1_000);
    assert.equal(desk.take(5, reply), 1, "the eighth in two seconds");
    assert.equal(desk.ask(reply), 1);
    desk.pass(999);
    assert.equal(desk.ask(reply), 1);
    desk.pass(1);
    assert.equal(desk.take(9, reply), 7);
  });

  it("take 60 in half a minute and 1,800 in an hour", () => {
    const desk = createDesk();
    const takeSlowly = (amount: number, pauseMs: number) => {
      let taken = 0;
      for (let place = 0; place < amount; place += 1) {
        taken += desk.take(1, reply);
        desk.pass(pauseMs);
      }
      return taken;
    };
    assert.equal(takeSlowly(100, 290), 60);
    desk.pass(60_000);
    // Of the hour's 1,800 the 60 before are a part.
    assert.equal(takeSlowly(1_800, 1_000), 1_740);
    const waitS = desk.ask(reply);
    assert.ok(waitS !== null && waitS > 1_000 && waitS < 3_600, `${waitS} s`);
    desk.pass(waitS * 1_000);
    assert.equal(desk.ask(reply), null);
  });

  it("count each thread for itself, and 50 in a second over all of a tenant", () => {
    const desk = createDesk();
    const takeEverywhere = (tenantId: string) =>
      Array.from({ length: 20 }, (_, thread) =>
        desk.take(7, { ...reply, tenantId, conversationId: `${tenantId} ${thread}` }),
      ).reduce((sum, taken) => sum + taken, 0);
    assert.equal(takeEverywhere("contoso"), 50);
    assert.equal(takeEverywhere("fabrikam"), 50);
    desk.pass(1_000);
    assert.equal(desk.take(7, { ...reply, conversationId: "contoso new" }), 7);
  });

  it("take 2 reactions in a second in all, wherever, and taking one back is one", () => {
    const desk = createDesk();
    assert.equal(desk.take(1, react), 1);
    assert.equal(
      desk.take(1, { ...react, kind: "unreact", tenantId: "fabrikam", conversationId: "19:b" }),
      1,
    );
    assert.equal(desk.ask({ ...react, conversationId: "19:c" }), 1);
    assert.equal(desk.take(7, reply), 7, "they are nothing to a thread's replies");
    desk.pass(1_000);
    assert.equal(desk.take(5, react), 2);
  });

  it("never let more through in any window than it has, and take again when they said so", () => {
    const threads = ["a", "b"];
    const asked = fc.record({
      afterMs: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 5_000 })),
      thread: fc.constantFrom(...threads),
    });
    fc.assert(
      fc.property(fc.array(asked, { minLength: 50, maxLength: 400 }), (course) => {
        let nowMs = 0;
        const limits = createSendLimits(() => nowMs);
        const taken = new Map<string, number[]>(threads.map((thread) => [thread, []]));
        for (const { afterMs, thread } of course) {
          nowMs += afterMs;
          const send = { ...reply, conversationId: thread };
          const waitS = limits.take(send);
          if (waitS === null) {
            taken.get(thread)!.push(nowMs);
            continue;
          }
          assert.ok(Number.isInteger(waitS) && waitS >= 1);
          nowMs += waitS * 1_000;
          assert.equal(limits.take(send), null, "it came back when it was told to");
          taken.get(thread)!.push(nowMs);
        }
        for (const times of taken.values()) {
          for (const [most, windowMs] of [
            [7, 1_000],
            [8, 2_000],
            [60, 30_000],
          ] as const) {
            for (const [place, at] of times.entries()) {
              const after = times[place + most];
              assert.ok(after === undefined || after - at >= windowMs, `${most + 1} in ${windowMs} ms`);
            }
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});
