import assert from "node:assert/strict";
import fc from "fast-check";
import { createCallBudget, type GraphCall } from "../../src/graph/call-budget.ts";
import { createHeldClock, type HeldClock } from "./held-clock.ts";

const CREATE: GraphCall = { tenantId: "tenant", method: "POST", path: "/subscriptions" };
const LIST: GraphCall = { tenantId: "tenant", method: "GET", path: "/subscriptions" };
const readChannel = (channel: string): GraphCall => ({
  ...{ tenantId: "tenant", method: "GET" },
  path: `/teams/team/channels/${channel}/messages/delta?$top=50`,
});
const readChat = (chat: string): GraphCall => ({
  ...{ tenantId: "tenant", method: "GET", path: `/chats/${chat}/messages` },
});

const repeat = (times: number, call: GraphCall): GraphCall[] => Array.from({ length: times }, () => call);

/** When each of these calls, asked for at once, may be sent: milliseconds from now. */
async function findTurns(clock: HeldClock, calls: readonly GraphCall[], budget = createCallBudget(clock)) {
  const from = clock.now();
  const turns: number[] = [];
  let open = calls.length;
  for (const [index, call] of calls.entries()) {
    void budget.enter(call).then((leave) => {
      turns[index] = clock.now() - from;
      open -= 1;
      leave(null);
    });
  }
  await settle();
  while (open > 0) {
    clock.advance(await clock.fallAsleep());
    await settle();
  }
  return turns;
}

const settle = <Value>(value?: Value) =>
  new Promise<Value | undefined>((resolve) => setImmediate(resolve, value));

describe("the budget of calls to Graph", () => {
  const TABLE: readonly (readonly [title: string, calls: readonly GraphCall[], last: number])[] = [
    ["450 writes of subscriptions at once", repeat(450, CREATE), 0],
    ["the 451st after 20 s", repeat(451, CREATE), 20_050],
    ["the 901st after 40 s", repeat(901, CREATE), 40_100],
    [
      "renewals and creates in one window",
      [...repeat(450, CREATE), { ...CREATE, method: "PATCH", path: "/subscriptions/x" }],
      20_050,
    ],
    ["20 lists at once", repeat(20, LIST), 0],
    ["the 21st after 20 s", repeat(21, LIST), 20_050],
    ["a list beside all writes", [...repeat(450, CREATE), LIST], 0],
    ["other tenants beside each other", [...repeat(450, CREATE), { ...CREATE, tenantId: "other" }], 0],
    ["one channel's messages a second", [readChannel("a"), readChannel("b")], 1_050],
    ["ten chats' messages a second", Array.from({ length: 10 }, (_, index) => readChat(String(index))), 0],
    [
      "the eleventh chat in the next",
      Array.from({ length: 11 }, (_, index) => readChat(String(index))),
      1_050,
    ],
    ["the same chat once a second", [readChat("a"), readChat("a"), readChat("a")], 2_100],
  ];
  for (const [title, calls, last] of TABLE) {
    it(`lets through ${title}`, async () => {
      assert.equal((await findTurns(createHeldClock(1_000_000), calls)).at(-1), last);
    });
  }

  it("sends nothing of a kind that Graph refused, until it may be asked again", async () => {
    const clock = createHeldClock(0);
    const budget = createCallBudget(clock);
    (await budget.enter(CREATE))(7_000);
    assert.deepEqual(await findTurns(clock, [CREATE, CREATE], budget), [7_000, 7_000]);
    clock.advance(60_000);
    (await budget.enter(CREATE))(7_000);
    const others = [LIST, { ...CREATE, tenantId: "other" }];
    assert.deepEqual(await findTurns(clock, others, budget), [0, 0]);
  });

  it("has one find out whether Graph takes them again, and waits longer where it does not", async () => {
    const clock = createHeldClock(0);
    const budget = createCallBudget(clock);
    (await budget.enter(CREATE))(10_000);
    const entered: ((refusedForMs: number | null) => void)[] = [];
    for (let index = 0; index < 5; index += 1) void budget.enter(CREATE).then((leave) => entered.push(leave));
    clock.advance(10_000);
    await settle();
    assert.equal(entered.length, 1, "the others wait for what becomes of it");
    entered[0]!(10_000);
    clock.advance(10_000);
    await settle();
    assert.equal(entered.length, 1, "a second refusal counts double");
    clock.advance(10_000);
    await settle();
    assert.equal(entered.length, 2);
    entered[1]!(null);
    await settle();
    assert.equal(entered.length, 5, "it was taken: so are the others");
  });

  for (const [said, askedMs, takenMs] of [
    ["a day", 86_400_000, 3_600_000],
    ["an hour and a little", 3_601_000, 3_600_000],
    ["an hour", 3_600_000, 3_600_000],
    ["a minute", 60_000, 60_000],
    ["a second", 1_000, 1_000],
    ["nothing", 0, 1_000],
    ["less than that", -5_000, 1_000],
  ] as const) {
    it(`waits no shorter than a second and no longer than an hour where Graph says ${said}`, async () => {
      const clock = createHeldClock(0);
      const budget = createCallBudget(clock);
      (await budget.enter(CREATE))(askedMs);
      assert.deepEqual(await findTurns(clock, [CREATE], budget), [takenMs]);
    });
  }

  it("makes longer and longer pauses where Graph refuses all without saying how long", async () => {
    const clock = createHeldClock(0);
    const budget = createCallBudget(clock);
    const at: number[] = [];
    for (let calls = 0; calls < 12; calls += 1) {
      const entering = budget.enter(CREATE);
      while ((await Promise.race([entering.then(() => true), settle(false)])) === false) {
        clock.advance(await clock.fallAsleep());
      }
      at.push(clock.now());
      (await entering)(0);
    }
    const pauses = at.slice(1).map((time, index) => (time - at[index]!) / 1_000);
    assert.deepEqual(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
  });

  it("waits for nothing again where the clock is set back", async () => {
    const clock = createHeldClock(10 * 3_600_000);
    const budget = createCallBudget(clock);
    await findTurns(clock, [readChannel("a"), readChannel("a")], budget);
    clock.advance(-2 * 3_600_000);
    assert.deepEqual(await findTurns(clock, [readChannel("a")], budget), [1_050]);
    (await budget.enter(CREATE))(60_000);
    clock.advance(-3_600_000);
    assert.deepEqual(await findTurns(clock, [CREATE], budget), [60_000]);
    // The twin: set forward, all that was waited for is over.
    (await budget.enter(CREATE))(60_000);
    clock.advance(3_600_000);
    assert.deepEqual(await findTurns(clock, [CREATE], budget), [0]);
  });

  it("lets those go that slept while the clock was set back", async () => {
    const clock = createHeldClock(10 * 3_600_000);
    let setBackMs = 0;
    const budget = createCallBudget({ now: () => clock.now() - setBackMs, sleep: clock.sleep });
    (await budget.enter(CREATE))(60_000);
    const from = clock.now();
    const entering = budget.enter(CREATE);
    await settle();
    setBackMs = 5 * 3_600_000;
    while ((await Promise.race([entering.then(() => true), settle(false)])) === false) {
      clock.advance(await clock.fallAsleep());
    }
    assert.ok(clock.now() - from <= 120_000, `${clock.now() - from} ms`);
    (await entering)(null);
  });

  it("lets those that were held back go one after the other", async () => {
    const clock = createHeldClock(0);
    const budget = createCallBudget(clock);
    (await budget.enter(readChannel("a")))(10_000);
    const calls = ["b", "c", "d"].map(readChannel);
    assert.deepEqual(await findTurns(clock, calls, budget), [10_000, 11_050, 12_100]);
  });

  it("holds back those that wait for their turn, too", async () => {
    const clock = createHeldClock(0);
    const budget = createCallBudget(clock);
    const leave = await budget.enter(readChannel("a"));
    const waiting = findTurns(clock, [readChannel("a")], budget);
    leave(30_000);
    assert.deepEqual(await waiting, [30_000]);
  });

  it("lets nobody wait when all ends", async () => {
    const clock = createHeldClock(0);
    const budget = createCallBudget(clock);
    const ending = new AbortController();
    await budget.enter(readChannel("a"));
    const waiting = budget.enter(readChannel("a"), ending.signal);
    ending.abort();
    await waiting;
    assert.equal(clock.now(), 0);
  });

  it("never sends more than Graph allows in any window, whatever is asked for and when", async () => {
    const call = fc.constantFrom(readChannel("a"), readChannel("b"), readChat("a"), readChat("b"), LIST);
    const burst = fc.record({
      calls: fc.array(call, { maxLength: 30 }),
      pauseMs: fc.integer({ min: 0, max: 5_000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(burst, { maxLength: 4 }), async (bursts) => {
        const clock = createHeldClock(0);
        const budget = createCallBudget(clock);
        const sent: { path: string; at: number }[] = [];
        for (const { calls, pauseMs } of bursts) {
          const from = clock.now();
          const turns = await findTurns(clock, calls, budget);
          turns.forEach((turn, index) => sent.push({ path: calls[index]!.path, at: from + turn }));
          clock.advance(pauseMs);
        }
        const most = (fits: (path: string) => boolean, windowMs: number) => {
          const times = sent.filter(({ path }) => fits(path)).map(({ at }) => at);
          return Math.max(
            0,
            ...times.map((end) => times.filter((at) => at > end - windowMs && at <= end).length),
          );
        };
        assert.ok(most((path) => path.startsWith("/teams"), 1_000) <= 1);
        assert.ok(most((path) => path === "/chats/a/messages", 1_000) <= 1);
        assert.ok(most((path) => path.startsWith("/chats"), 1_000) <= 10);
        assert.ok(most((path) => path === "/subscriptions", 20_000) <= 20);
      }),
      { numRuns: 50 },
    );
  });
});
