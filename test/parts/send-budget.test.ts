import assert from "node:assert/strict";
import fc from "fast-check";
import { createSendBudget, type SendAsk } from "../../src/replies/send-budget.ts";

const START = 1_000_000;

/** As Teams counts them: most in a window, by what they are counted under. */
const LIMITS = [
  { of: "thread", most: 7, windowMs: 1_000 },
  { of: "thread", most: 8, windowMs: 2_000 },
  { of: "thread", most: 60, windowMs: 30_000 },
  { of: "thread", most: 1_800, windowMs: 3_600_000 },
  { of: "tenant", most: 50, windowMs: 1_000 },
  { of: "reactions", most: 2, windowMs: 1_000 },
] as const;

interface Granted extends SendAsk {
  readonly at: number;
}

/** Asks and comes back when told to, as the worker does; answers when each was let go, in the order of letting go. */
function play(asks: readonly (SendAsk & { at: number })[]): Granted[] {
  let now = START;
  const budget = createSendBudget({ now: () => now });
  const granted: Granted[] = [];
  const due = asks.map((ask) => ({ ask, at: START + ask.at }));
  while (due.length > 0) {
    due.sort((one, other) => one.at - other.at);
    const next = due.shift()!;
    now = Math.max(now, next.at);
    const waitMs = budget.reserve(next.ask);
    if (waitMs === 0) granted.push({ ...next.ask, at: now });
    else due.push({ ask: next.ask, at: now + waitMs });
  }
  return granted;
}

function countMost(times: readonly number[], windowMs: number): number {
  return Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + windowMs).length));
}

describe("the send budget", () => {
  const ask = (key: string, change: Partial<SendAsk> = {}): SendAsk => ({
    ...{ kind: "reply", tenantId: "tenant", threadId: "19:a;messageid=1", key },
    ...change,
  });

  it("lets seven of a thread through at once and gives the eighth an appointment, which is kept for it", () => {
    let now = START;
    const budget = createSendBudget({ now: () => now });
    for (let index = 0; index < 7; index += 1) assert.equal(budget.reserve(ask(`${index}`)), 0);
    const waitMs = budget.reserve(ask("eighth"));
    assert.ok(waitMs >= 1_000 && waitMs <= 1_200, `${waitMs} ms`);
    assert.equal(budget.reserve(ask("eighth")), waitMs, "asking again changes nothing");
    assert.ok(budget.reserve(ask("ninth")) >= waitMs, "nobody overtakes");
    now += waitMs - 1;
    assert.equal(budget.reserve(ask("eighth")), 1);
    now += 1;
    assert.equal(budget.reserve(ask("eighth")), 0);
  });

  it("holds up no other thread, tenant or kind", () => {
    const budget = createSendBudget({ now: () => START });
    for (let index = 0; index < 8; index += 1) budget.reserve(ask(`${index}`));
    assert.equal(budget.reserve(ask("other thread", { threadId: "19:a;messageid=2" })), 0);
    assert.equal(budget.reserve(ask("other tenant", { tenantId: "other" })), 0);
    assert.equal(budget.reserve(ask("reaction", { kind: "react" })), 0);
  });

  it("gives two reactions a second, over all conversations and tenants", () => {
    const budget = createSendBudget({ now: () => START });
    const waits = [1, 2, 3, 4, 5].map((index) =>
      budget.reserve(
        ask(`${index}`, { kind: "react", threadId: `19:${index}`, tenantId: `tenant ${index}` }),
      ),
    );
    assert.deepEqual(
      waits.map((waitMs) => Math.floor(waitMs / 1_000)),
      [0, 0, 1, 1, 2],
    );
  });

  it("gives the place of one who does not come back to others, after a while", () => {
    let now = START;
    const budget = createSendBudget({ now: () => now });
    for (let index = 0; index < 100; index += 1) budget.reserve(ask(`lost ${index}`, { kind: "react" }));
    assert.ok(budget.reserve(ask("late", { kind: "react" })) > 45_000);
    now += 200_000;
    assert.equal(budget.reserve(ask("fresh", { kind: "react" })), 0);
  });

  it("exceeds no limit in any window, loses nobody, and keeps each thread in its order", () => {
    const asks = fc.array(
      fc.record({
        at: fc.nat({ max: 5_000 }),
        kind: fc.constantFrom("reply" as const, "react" as const),
        threadId: fc.constantFrom("a", "b", "c"),
        tenantId: fc.constant("tenant"),
      }),
      { minLength: 1, maxLength: 160 },
    );
    fc.assert(
      fc.property(asks, (generated) => {
        const numbered = generated
          .toSorted((one, other) => one.at - other.at)
          .map((one, index) => ({ ...one, key: String(index) }));
        const granted = play(numbered);
        assert.equal(granted.length, numbered.length);
        for (const { of, most, windowMs } of LIMITS) {
          const groups = Map.groupBy(granted, ({ kind, threadId }) => {
            if (of === "tenant") return "tenant";
            return (kind === "react") === (of === "reactions") ? (of === "thread" ? threadId : of) : null;
          });
          groups.delete(null);
          for (const [name, group] of groups) {
            const found = countMost(
              group.map(({ at }) => at),
              windowMs,
            );
            assert.ok(found <= most, `${found} of ${most} in ${windowMs} ms: ${name ?? ""}`);
          }
        }
        for (const threadId of ["a", "b", "c"]) {
          const keys = granted
            .filter((one) => one.threadId === threadId && one.kind === "reply")
            .map(({ key }) => Number(key));
          assert.deepEqual(
            keys,
            keys.toSorted((one, other) => one - other),
          );
        }
      }),
      { numRuns: 60 },
    );
  });

  it("keeps up: a full thread gets what the limits allow, and little less", () => {
    const granted = play(Array.from({ length: 180 }, (_, index) => ({ ...ask(String(index)), at: 0 })));
    const lastMs = granted.at(-1)!.at - START;
    // Sixty go within fourteen seconds, eight in two; the sixty after the next thirty seconds later, and so on.
    assert.ok(lastMs >= 74_000 && lastMs < 76_000, `${lastMs} ms`);
  });
});
