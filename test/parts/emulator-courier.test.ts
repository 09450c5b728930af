import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import type { Edges } from "../../src/edges.ts";
import {
  ACTIVITY_DELIVERY_RULE,
  createCourier,
  GRAPH_DELIVERY_RULE,
  type Parcel,
} from "../../src/emulator/courier.ts";
import { createFaultDice } from "../../src/emulator/faults.ts";
import { SILENT_LOG } from "../journeys/emulator-fake-bot.ts";
import { createHeldClock } from "./held-clock.ts";

const HOUR_MS = 3_600_000;
/** Longer than any back-off is, so a pending timeout never fires here. */
const TIMEOUTS_MS = [3_000, 10_000, 15_000];

/** Time passes when somebody waits between attempts, and only then. */
function createFakeEdges(answer: (body: string) => number) {
  let nowMs = 0;
  const edges: Pick<Edges, "now" | "sleep" | "fetch" | "log"> = {
    now: () => nowMs,
    sleep: async (ms, signal) => {
      if (!TIMEOUTS_MS.includes(ms)) nowMs += ms;
      else await new Promise((resolve) => signal?.addEventListener("abort", resolve));
    },
    fetch: async (_url, init) => new Response(null, { status: answer(init?.body as string) }),
    log: SILENT_LOG,
  };
  return { edges, readHours: () => nowMs / HOUR_MS };
}

const parcel = (body: unknown): Parcel => ({
  ...{ sender: "graph", url: "http://bot/", body, rule: GRAPH_DELIVERY_RULE },
});

describe("emulated tenant: courier", () => {
  it("tries for four hours, ever more seldom, then gives up", async () => {
    const { edges, readHours } = createFakeEdges(() => 503);
    const { state, attempts } = await createCourier(edges, createFaultDice()).deliver(parcel({}));
    assert.equal(state, "gave-up");
    assert.ok(readHours() > 3.5 && readHours() <= 4, `${readHours()} hours`);
    const times = attempts.map(({ at }) => Date.parse(at));
    const waits = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    assert.deepEqual(
      waits,
      waits.toSorted((a, b) => a - b),
    );
    assert.ok(waits.length > 10);
  });

  it("gives the first attempt 3 seconds and each later one 10", () => {
    assert.deepEqual([1, 2, 9].map(GRAPH_DELIVERY_RULE.timeoutMs), [3_000, 10_000, 10_000]);
  });

  for (const [number, limitMs] of [
    [1, 3_000],
    [2, 10_000],
    [3, 10_000],
  ] as const) {
    it(`takes an answer to attempt ${number} within ${limitMs / 1_000} seconds, and posts again where it comes later`, async () => {
      const clock = createHeldClock(0);
      const posts: PromiseWithResolvers<Response>[] = [];
      const hold: typeof fetch = (_url, init) => {
        const post = Promise.withResolvers<Response>();
        init?.signal?.addEventListener("abort", () => post.reject(new Error("given up")));
        posts.push(post);
        return post.promise;
      };
      const courier = createCourier({ ...clock, fetch: hold, log: SILENT_LOG }, createFaultDice());
      const pass = async (ms: number) => {
        clock.advance(ms);
        await setImmediate();
      };
      const [taken, repeated] = [courier.deliver(parcel("taken")), courier.deliver(parcel("repeated"))];
      await setImmediate();
      for (let index = 1; index < number; index += 1) {
        for (const post of posts.slice(-2)) post.resolve(new Response(null, { status: 503 }));
        await setImmediate();
        await pass(10_000);
        assert.equal(posts.length, 2 * (index + 1));
      }
      await pass(limitMs - 1);
      posts.at(-2)?.resolve(new Response(null, { status: 202 }));
      assert.equal((await taken).state, "delivered");
      await pass(1);
      const second = courier.deliveries[1];
      assert.deepEqual(
        [second?.state, second?.attempts.length, second?.attempts.at(-1)?.fault],
        ["pending", number, "timeout"],
      );
      await pass(10_000);
      posts.at(-1)?.resolve(new Response(null, { status: 200 }));
      assert.equal((await repeated).attempts.length, number + 1);
      await courier.close();
    });
  }

  it("takes any 2xx, and nothing else", async () => {
    for (const [status, attempts] of [
      [200, 1],
      [202, 1],
      [204, 1],
      [299, 1],
      [302, 2],
      [400, 2],
      [401, 2],
      [500, 2],
    ] as const) {
      let times = 0;
      const { edges } = createFakeEdges(() => ((times += 1) === 1 ? status : 202));
      const delivery = await createCourier(edges, createFaultDice()).deliver(parcel({}));
      assert.deepEqual([delivery.state, delivery.attempts.length], ["delivered", attempts], String(status));
    }
  });

  it("does not let one parcel wait for another", async () => {
    const { edges } = createFakeEdges((body) => (body === '"bad"' ? 500 : 202));
    const courier = createCourier(edges, createFaultDice());
    const bad = courier.deliver(parcel("bad"));
    const good = await courier.deliver(parcel("good"));
    assert.equal(good.state, "delivered");
    assert.equal(courier.deliveries[0]?.state, "pending");
    assert.equal((await bad).state, "gave-up");
  });

  it("repeats an activity a few times, and never one that was refused", () => {
    assert.equal(ACTIVITY_DELIVERY_RULE.planRetryMs(1, 0, 401), null);
    assert.equal(ACTIVITY_DELIVERY_RULE.planRetryMs(1, 0, 429), null);
    assert.equal(typeof ACTIVITY_DELIVERY_RULE.planRetryMs(1, 0, 502), "number");
    assert.equal(typeof ACTIVITY_DELIVERY_RULE.planRetryMs(1, 0, null), "number");
    assert.equal(ACTIVITY_DELIVERY_RULE.planRetryMs(6, 0, null), null);
  });

  it("gives up what cannot be posted at all, says why, and goes on", async () => {
    let deep: unknown = [];
    for (let depth = 0; depth < 60_000; depth += 1) deep = [deep];
    const { edges } = createFakeEdges(() => 202);
    const courier = createCourier(edges, createFaultDice());
    const failing = async () => Promise.reject(new Error("no seal"));
    for (const [bad, fault] of [
      [parcel(deep), /RangeError/],
      [{ ...parcel({}), finishBody: failing }, /no seal/],
      [{ ...parcel({}), url: "nowhere" }, /ERR_INVALID_URL/],
    ] as const) {
      const { state, attempts } = await courier.deliver(bad);
      assert.deepEqual([state, attempts.length, attempts[0]?.status], ["gave-up", 1, null]);
      assert.match(attempts[0]?.fault ?? "", fault);
    }
    assert.equal((await courier.deliver(parcel({}))).state, "delivered");
    await courier.close();
  });

  it("delivers whatever becomes of who is told of it", async () => {
    const { edges } = createFakeEdges(() => 202);
    const courier = createCourier(edges, createFaultDice());
    const told: string[] = [];
    courier.onDelivery(() => {
      throw new Error("cannot listen");
    });
    courier.onDelivery(({ state }) => void told.push(state));
    assert.equal((await courier.deliver(parcel({}))).state, "delivered");
    assert.deepEqual(told, ["delivered"]);
  });

  it("stops in the middle when it is closed", async () => {
    const { edges } = createFakeEdges(() => 503);
    const patient = {
      ...edges,
      sleep: (_ms: number, signal?: AbortSignal) =>
        new Promise<void>((resolve) => {
          if (signal?.aborted) resolve();
          signal?.addEventListener("abort", () => resolve());
        }),
    };
    const courier = createCourier(patient, createFaultDice());
    const underway = courier.deliver(parcel({}));
    await courier.close();
    assert.equal((await underway).state, "pending");
  });
});
