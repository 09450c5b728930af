import assert from "node:assert/strict";
import fc from "fast-check";
import { createSendBudget, type SendAsk, type SendBudget } from "../../src/replies/send-budget.ts";

const START = 1_000_000;
/** By so much a window is taken longer than it is. */
const GRACE_MS = 50;

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
  /** How often it had to ask. */
  readonly asked: number;
}

interface Asker extends SendAsk {
  readonly at: number;
  /** How late it comes to its appointments, one after the other; then punctually. */
  readonly lateMs?: readonly number[];
  /** What it does with an appointment: keeps it, stays away, or gives it back. */
  readonly then?: "keep" | "stay away" | "release";
  /** Asks once more before its time. */
  readonly isImpatient?: boolean;
}

/** Asks and comes back when told to, as the worker does; answers when each was let go, in that order. */
function play(askers: readonly Asker[]): { granted: Granted[]; budget: SendBudget; now: { is: number } } {
  const now = { is: START };
  const budget = createSendBudget({ now: () => now.is });
  const granted: Granted[] = [];
  const due = askers.map((asker) => ({ asker, at: START + asker.at, asked: 0 }));
  while (due.length > 0) {
    due.sort((one, other) => one.at - other.at);
    const { asker, at, asked } = due.shift()!;
    now.is = Math.max(now.is, at);
    const waitMs = budget.reserve(asker);
    assert.ok(waitMs >= 0 && Number.isInteger(waitMs));
    if (asker.isImpatient && waitMs > 0) assert.equal(budget.reserve(asker), waitMs);
    if (waitMs === 0) granted.push({ ...asker, at: now.is, asked: asked + 1 });
    else if (asker.then === "release") budget.release(asker.key);
    else if (asker.then !== "stay away")
      due.push({ asker, at: now.is + waitMs + (asker.lateMs?.[asked] ?? 0), asked: asked + 1 });
  }
  return { granted, budget, now };
}

/** Under what a send is counted by a limit; null: it is not. */
function nameGroup({ kind, tenantId, threadId }: SendAsk, of: (typeof LIMITS)[number]["of"]): string | null {
  if (of === "tenant") return tenantId;
  if (of === "reactions") return kind === "react" ? "all" : null;
  return kind === "reply" ? `${tenantId} ${threadId}` : null;
}

/** Whether one more at `time` keeps within a limit, by counting every window that can matter. */
function fits(time: number, times: readonly number[], most: number, windowMs: number): boolean {
  const all = [...times, time];
  return all.every((from) => all.filter((at) => at >= from && at < from + windowMs).length <= most);
}

function assertWithinLimits(granted: readonly Granted[]): void {
  for (const { of, most, windowMs } of LIMITS) {
    const groups = Map.groupBy(granted, (one) => nameGroup(one, of));
    groups.delete(null);
    for (const [name, group] of groups) {
      const times = group.map(({ at }) => at).toSorted((one, other) => one - other);
      // Any window with one too many begins with a send and holds the one that is `most` sends later.
      const broken = times.findIndex((at, index) => (times[index + most] ?? Infinity) - at < windowMs);
      assert.equal(broken, -1, `more than ${most} in ${windowMs} ms: ${name ?? ""}`);
    }
  }
}

/** When each should go: in the order of asking, the first instant that the limits and those before it leave. */
function planSends(askers: readonly Asker[]): Map<string, number> {
  const planned: Granted[] = [];
  for (const asker of askers) {
    const counted = LIMITS.map((limit) => ({
      ...limit,
      windowMs: limit.windowMs + GRACE_MS,
      times: planned
        .filter((one) => nameGroup(one, limit.of) === nameGroup(asker, limit.of))
        .map(({ at }) => at),
    })).filter(({ of }) => nameGroup(asker, of) !== null);
    const queue = planned.filter(
      (one) => nameGroup(one, "thread") === nameGroup(asker, "thread") && one.kind === asker.kind,
    );
    const from = Math.max(START + asker.at, ...queue.map(({ at }) => at));
    // Room comes only where something leaves a window.
    const candidates = [from, ...counted.flatMap(({ times, windowMs }) => times.map((at) => at + windowMs))];
    const at = candidates
      .filter((time) => time >= from)
      .toSorted((one, other) => one - other)
      .find((time) => counted.every(({ times, most, windowMs }) => fits(time, times, most, windowMs)));
    planned.push({ ...asker, at: at!, asked: 1 });
  }
  return new Map(planned.map(({ key, at }) => [key, at]));
}

const number = (askers: readonly Omit<Asker, "key">[]): Asker[] =>
  askers
    .toSorted((one, other) => one.at - other.at)
    .map((asker, index) => ({ ...asker, key: String(index) }));

const anyAsk = {
  at: fc.nat({ max: 1_500 }),
  kind: fc.constantFrom("reply" as const, "reply" as const, "react" as const),
  threadId: fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"),
  tenantId: fc.constantFrom("tenant", "tenant", "tenant", "other"),
};

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
    assert.equal(waitMs, 1_000 + GRACE_MS);
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
    assert.ok(budget.reserve(ask("same thread")) > 0);
    assert.equal(budget.reserve(ask("other thread", { threadId: "19:a;messageid=2" })), 0);
    assert.equal(budget.reserve(ask("same thread of another tenant", { tenantId: "other" })), 0);
    assert.equal(budget.reserve(ask("reaction", { kind: "react" })), 0);
  });

  it("gives fifty a second in a tenant, reactions among them", () => {
    const budget = createSendBudget({ now: () => START });
    for (let index = 0; index < 48; index += 1)
      assert.equal(budget.reserve(ask(`${index}`, { threadId: `thread ${index}` })), 0);
    assert.equal(budget.reserve(ask("a reaction", { kind: "react" })), 0);
    assert.equal(budget.reserve(ask("the last", { threadId: "last" })), 0);
    assert.equal(budget.reserve(ask("one more", { threadId: "one more" })), 1_000 + GRACE_MS);
    assert.equal(budget.reserve(ask("one more reaction", { kind: "react" })), 1_000 + GRACE_MS);
    assert.equal(budget.reserve(ask("elsewhere", { tenantId: "other" })), 0);
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

  it("an appointment far off in one thread keeps no other thread of the tenant waiting", () => {
    const budget = createSendBudget({ now: () => START });
    const waits = Array.from({ length: 70 }, (_, index) => budget.reserve(ask(`${index}`)));
    assert.ok(waits.at(-1)! > 30_000);
    assert.equal(budget.reserve(ask("other", { threadId: "other" })), 0);
  });

  it("leaves the place that is promised, though nothing was sent yet", () => {
    let now = START;
    const budget = createSendBudget({ now: () => now });
    const crowd = Array.from({ length: 100 }, (_, index) => ask(`${index}`, { threadId: `thread ${index}` }));
    const waits = crowd.map((one) => budget.reserve(one));
    assert.deepEqual(new Set(waits.slice(50)), new Set([1_000 + GRACE_MS]));
    budget.release("0");
    now += 10;
    // Within a second of now are fifty, all promised.
    assert.equal(budget.reserve(ask("more", { threadId: "more" })), 2 * (1_000 + GRACE_MS) - 10);
  });

  describe("a turn that is given back", () => {
    it("is another's, be it taken or promised", () => {
      let now = START;
      const budget = createSendBudget({ now: () => now });
      const reactions = ["1", "2", "3", "4", "5"].map((key) => ask(key, { kind: "react" }));
      const waits = reactions.map((reaction) => budget.reserve(reaction));
      budget.release("1");
      budget.release("3");
      const [, , third, , fifth] = waits;
      assert.equal(budget.reserve(ask("behind all", { kind: "react" })), fifth, "the queue stays a queue");
      now += third!;
      assert.equal(budget.reserve(reactions[3]!), 0);
      assert.equal(budget.reserve(ask("3", { kind: "react" })) > 0, true, "it is nobody's any more");
    });

    it("and one that was never given changes nothing", () => {
      const budget = createSendBudget({ now: () => START });
      budget.release("nobody's");
      for (let index = 0; index < 7; index += 1) assert.equal(budget.reserve(ask(`${index}`)), 0);
      assert.ok(budget.reserve(ask("8")) > 0);
      for (let index = 0; index < 2; index += 1) budget.release("0");
      assert.equal(budget.reserve(ask("9", { threadId: "b" })), 0);
    });
  });

  it("gives the appointment of one who does not come back up after a while", () => {
    let now = START;
    const budget = createSendBudget({ now: () => now });
    for (let index = 0; index < 100; index += 1) budget.reserve(ask(`lost ${index}`, { kind: "react" }));
    assert.ok(budget.reserve(ask("late", { kind: "react" })) > 45_000);
    now += 200_000;
    assert.equal(budget.reserve(ask("fresh", { kind: "react" })), 0);
    assert.deepEqual(budget.measure(), { turns: 1, windows: 2 });
  });

  it("lets one who is always late through, whoever is punctual", () => {
    const crowd = Array.from({ length: 120 }, (_, index) => ({
      ...ask(`${index}`, { kind: "react" }),
      at: index * 400,
    }));
    const late = { ...ask("late", { kind: "react" }), at: 801, lateMs: Array<number>(50).fill(700) };
    const { granted } = play([...crowd, late]);
    const { at, asked } = granted.find(({ key }) => key === "late")!;
    assert.ok(asked <= 4 && at < START + 6_000, `asked ${asked} times, until ${at - START} ms`);
    assertWithinLimits(granted);
  });

  it("goes on where the clock is set back", () => {
    let now = START;
    const budget = createSendBudget({ now: () => now });
    for (let index = 0; index < 7; index += 1) budget.reserve(ask(`${index}`));
    const waitMs = budget.reserve(ask("waits"));
    now -= 3_600_000;
    assert.equal(budget.reserve(ask("waits")), waitMs);
    now += waitMs;
    assert.equal(budget.reserve(ask("waits")), 0);
    assert.ok(budget.reserve(ask("too many")) >= 0);
  });

  describe("whoever asks, and whenever", () => {
    const askers = fc.array(fc.record(anyAsk), { minLength: 1, maxLength: 220, size: "max" });
    const unreliable = fc.array(
      fc.record({
        ...anyAsk,
        lateMs: fc.array(fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 4_000 })), { maxLength: 5 }),
        then: fc.constantFrom("keep" as const, "keep" as const, "stay away" as const, "release" as const),
        isImpatient: fc.boolean(),
      }),
      { minLength: 1, maxLength: 220, size: "max" },
    );

    it("lets each who is punctual go at the first instant that the limits allow, in the order of asking", () => {
      fc.assert(
        fc.property(askers, (generated) => {
          const all = number(generated);
          const planned = planSends(all);
          const { granted } = play(all);
          assert.deepEqual(
            new Map(granted.map(({ key, at }) => [key, at - START])),
            new Map(granted.map(({ key }) => [key, planned.get(key)! - START])),
          );
          assert.equal(granted.length, all.length);
          assert.ok(granted.every(({ asked }) => asked <= 2));
          assertWithinLimits(granted);
        }),
        { numRuns: 40 },
      );
    });

    it("exceeds no limit in any window and loses nobody, though they come late, stay away or give back", () => {
      fc.assert(
        fc.property(unreliable, (generated) => {
          const all = number(generated);
          const { granted } = play(all);
          assertWithinLimits(granted);
          const keys = new Set(granted.map(({ key }) => key));
          assert.ok(all.every(({ key, then }) => then !== "keep" || keys.has(key)));
          assert.equal(keys.size, granted.length);
        }),
        { numRuns: 60 },
      );
    });

    it("forgets them all in time", () => {
      fc.assert(
        fc.property(unreliable, (generated) => {
          const { budget, now } = play(number(generated));
          assert.ok(budget.measure().windows > 0);
          now.is += 3_700_000;
          assert.deepEqual(budget.measure(), { turns: 0, windows: 0 });
        }),
        { numRuns: 20 },
      );
    });
  });

  it("keeps a full thread to its hours, and lets it have all that they allow", () => {
    const { granted } = play(Array.from({ length: 1_900 }, (_, index) => ({ ...ask(`${index}`), at: 0 })));
    assertWithinLimits(granted);
    const at = (index: number) => granted[index]!.at - START;
    // Eight in two seconds until sixty are sent; these leave the thirty seconds as they came.
    assert.ok(at(59) < 15_000 && at(60) >= 30_000 && at(60) < 30_100, `${at(59)}, ${at(60)}`);
    assert.ok(at(179) >= 74_000 && at(179) < 76_000, `${at(179)}`);
    assert.ok(
      at(1_799) < 900_000 && at(1_800) >= 3_600_000 && at(1_800) < 3_600_100,
      `${at(1_799)}, ${at(1_800)}`,
    );
  });
});
