/** What the courier does with a host that Graph has lost patience with, by a clock that the test holds. */
import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import {
  createCourier,
  GRAPH_DELIVERY_RULE,
  type Delivery,
  type Parcel,
} from "../../src/emulator/courier.ts";
import { createEndpointStates } from "../../src/emulator/endpoint-state.ts";
import { createFaultDice } from "../../src/emulator/faults.ts";
import { SILENT_LOG } from "../journeys/emulator-fake-bot.ts";
import { createHeldClock } from "./held-clock.ts";

const MINUTE_MS = 60_000;

describe("emulated tenant: courier to a slow host", () => {
  let close: () => Promise<void>;
  afterEach(() => close());

  const begin = ({ isPatient = false } = {}) => {
    const clock = createHeldClock(Date.UTC(2026, 10, 21, 9));
    const host = { isHung: false, heard: [] as unknown[] };
    const answer: typeof fetch = (_url, init) => {
      if (!host.isHung) {
        host.heard.push(JSON.parse(init?.body as string));
        return Promise.resolve(new Response(null, { status: 202 }));
      }
      return new Promise((_resolve, reject) => {
        init?.signal?.addEventListener("abort", () => reject(new Error("given up")));
      });
    };
    const states = isPatient ? null : createEndpointStates(clock.now, { fewestAnswers: 2 });
    const courier = createCourier(
      { now: clock.now, sleep: clock.sleep, fetch: answer, log: SILENT_LOG },
      createFaultDice(),
      states,
    );
    close = courier.close;
    const pass = async (ms: number) => {
      clock.advance(ms);
      await setImmediate();
    };
    const parcel = (body: string, change: Partial<Parcel> = {}): Parcel => ({
      ...{ sender: "graph", url: "http://bot/api/notifications", body, rule: GRAPH_DELIVERY_RULE },
      ...change,
    });
    const deliver = async (body: string, change?: Partial<Parcel>): Promise<Delivery> => {
      void courier.deliver(parcel(body, change));
      await setImmediate();
      const delivery = courier.deliveries.at(-1);
      assert.ok(delivery);
      return delivery;
    };
    /** One that is not answered: 3 seconds, a quarter of one, 10 seconds. */
    const wearOut = async () => {
      host.isHung = true;
      const first = await deliver("in vain");
      for (const ms of [3_000, 250, 10_000]) await pass(ms);
      assert.deepEqual([first.attempts.length, first.state], [2, "pending"]);
      host.isHung = false;
      return first;
    };
    return { host, states, courier, pass, deliver, wearOut };
  };

  it("drops what is new, says so in the log, and goes on with what was under way", async () => {
    const { host, states, pass, deliver, wearOut } = begin();
    const first = await wearOut();
    const dropped = await deliver("dropped");
    assert.deepEqual([dropped.state, dropped.attempts], ["dropped", []]);
    assert.equal(states?.readMark("http://bot/"), "drop");
    await pass(500);
    assert.equal(first.state, "delivered");
    assert.deepEqual(host.heard, ["in vain"]);
    await pass(10 * MINUTE_MS);
    assert.equal((await deliver("tried with")).state, "delivered");
    assert.equal((await deliver("as before")).state, "delivered");
    assert.equal(states?.readMark("http://bot/"), null);
  });

  it("drops nothing where nobody minds", async () => {
    const { deliver, wearOut } = begin({ isPatient: true });
    await wearOut();
    assert.equal((await deliver("delivered")).state, "delivered");
  });

  it("posts ten minutes later what is new to a slow host", async () => {
    const { host, pass, deliver } = begin();
    host.isHung = true;
    for (const body of ["one", "two"]) await deliver(body);
    await pass(3_000);
    host.isHung = false;
    await pass(250);
    assert.deepEqual(host.heard, ["one", "two"]);
    const late = await deliver("late");
    await pass(10 * MINUTE_MS - 1);
    assert.deepEqual([late.state, late.attempts], ["pending", []]);
    await pass(1);
    assert.deepEqual([late.state, host.heard.at(-1)], ["delivered", "late"]);
    assert.equal((await deliver("at once")).state, "delivered");
  });

  it("has nothing to do with what Bot Framework posts, nor with what a person posts again", async () => {
    const { courier, host, deliver, wearOut } = begin();
    await wearOut();
    const dropped = await deliver("dropped");
    assert.equal((await deliver("activity", { sender: "bot-framework" })).state, "delivered");
    assert.equal((await courier.deliverAgain(dropped.index)).state, "delivered");
    assert.deepEqual(host.heard, ["activity", "dropped"]);
  });

  it("stops while something waits for a slow host", async () => {
    const { courier, host, pass, deliver } = begin();
    host.isHung = true;
    for (const body of ["one", "two"]) await deliver(body);
    await pass(3_000);
    const late = await deliver("late");
    await courier.close();
    assert.deepEqual([late.state, late.attempts], ["pending", []]);
  });
});
