import assert from "node:assert/strict";
import type { Edges } from "../../src/edges.ts";
import {
  ACTIVITY_DELIVERY_RULE,
  createCourier,
  GRAPH_DELIVERY_RULE,
  type Parcel,
} from "../../src/emulator/courier.ts";
import { createFaultDice } from "../../src/emulator/faults.ts";
import { SILENT_LOG } from "../journeys/emulator-fake-bot.ts";

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
