import assert from "node:assert/strict";
import { createCourier, GRAPH_DELIVERY_RULE, type Parcel } from "../../src/emulator/courier.ts";
import { createFaultDice, type Faults } from "../../src/emulator/faults.ts";
import { SILENT_LOG } from "../journeys/emulator-fake-bot.ts";
import { createHeldClock } from "./held-clock.ts";

type Deliveries = NonNullable<Faults["deliveries"]>;

/** A courier in held time, and the bot's door: what arrives there, in order. */
function createRound(
  faults: Deliveries | null,
  answer: (text: string) => Promise<number> | number = () => 202,
) {
  const clock = createHeldClock(1_763_700_000_000);
  const arrived: string[] = [];
  const dice = createFaultDice();
  dice.set(faults && { seed: 1, deliveries: faults });
  const courier = createCourier(
    {
      ...{ now: clock.now, sleep: clock.sleep, log: SILENT_LOG },
      fetch: async (_url, init) => {
        const text = readText(JSON.parse(init?.body as string));
        arrived.push(text);
        return new Response(null, { status: await answer(text) });
      },
    },
    dice,
  );
  return { clock, arrived, dice, courier };
}

const readText = (body: unknown) => (body as { value: { text: string }[] }).value[0]!.text;

const parcel = (text: string, sender: Parcel["sender"] = "graph", url = "http://bot/"): Parcel => ({
  ...{ sender, url, rule: GRAPH_DELIVERY_RULE },
  body: { value: [{ changeType: "created", text }] },
});

/** So that what can happen without time passing has happened. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("emulated tenant: trouble on the way to the bot", () => {
  it("is none where none is asked for", async () => {
    const { courier, arrived, dice } = createRound(null);
    for (const text of ["one", "two", "three"]) void courier.deliver(parcel(text));
    await settle();
    assert.deepEqual(arrived, ["one", "two", "three"]);
    assert.deepEqual(
      courier.deliveries.map(({ state, attempts }) => [state, attempts.length]),
      Array(3).fill(["delivered", 1]),
    );
    assert.deepEqual(dice.counts, {});
    await courier.close();
  });

  it("duplicate: comes twice, and both are in the log", async () => {
    const { courier, arrived, dice } = createRound({ duplicate: 1 });
    await courier.deliver(parcel("one"));
    assert.deepEqual(arrived, ["one", "one"]);
    assert.deepEqual(
      courier.deliveries.map(({ index, state }) => [index, state]),
      [
        [0, "delivered"],
        [1, "delivered"],
      ],
    );
    assert.deepEqual(dice.counts, { duplicate: 1 });
    await courier.close();
  });

  it("delay: comes when its time is over, and others do not wait for it", async () => {
    const { courier, arrived, clock, dice } = createRound({ delay: { chance: 1, mostMs: 1_000 } });
    void courier.deliver(parcel("late"));
    dice.set(null);
    void courier.deliver(parcel("in time"));
    await settle();
    assert.deepEqual(arrived, ["in time"]);
    clock.advance(1_000);
    await settle();
    assert.deepEqual(arrived, ["in time", "late"]);
    assert.deepEqual(dice.counts, { delay: 1 });
    await courier.close();
  });

  it("reorder: waits until the next one of its sender has gone, and no other", async () => {
    const { promise: answered, resolve: answer } = Promise.withResolvers<number>();
    const { courier, arrived, dice } = createRound({ reorder: 1 }, (text) =>
      text === "slow" ? answered : 202,
    );
    dice.set(null);
    void courier.deliver(parcel("slow"));
    dice.set({ seed: 1, deliveries: { reorder: 1 } });
    void courier.deliver(parcel("first"));
    dice.set(null);
    void courier.deliver(parcel("activity", "bot-framework"));
    await settle();
    answer(202);
    await settle();
    assert.deepEqual(arrived, ["slow", "activity"], "what was on its way before is not the next one");
    assert.deepEqual(dice.counts, {});
    void courier.deliver(parcel("second"));
    await settle();
    assert.deepEqual(arrived, ["slow", "activity", "second", "first"]);
    assert.deepEqual(dice.counts, { reorder: 1 });
    await courier.close();
  });

  it("reorder: goes after a short while where no next one comes, and then was not reordered", async () => {
    const { courier, arrived, clock, dice } = createRound({ reorder: 1 });
    void courier.deliver(parcel("alone"));
    await settle();
    assert.deepEqual(arrived, []);
    clock.advance(250);
    await settle();
    assert.deepEqual(arrived, ["alone"]);
    assert.deepEqual(dice.counts, {});
    await courier.close();
  });

  it("loseGraph: never comes, not even twice, and the log says so", async () => {
    const { courier, arrived, dice } = createRound({ loseGraph: 1, duplicate: 1 });
    const { state, attempts } = await courier.deliver(parcel("lost"));
    assert.deepEqual([state, attempts, arrived], ["lost", [], []]);
    assert.deepEqual(dice.counts, { loseGraph: 1 });
    const heard = await courier.deliverAgain(0);
    assert.equal(heard.state, "delivered", "who asks for it gets it");
    assert.deepEqual(arrived, ["lost"]);
    await courier.close();
  });

  it("loseAnswer: the bot took it, the sender does not know and comes again", async () => {
    const { courier, arrived, clock, dice } = createRound({ loseAnswer: 1 });
    const delivered = courier.deliver(parcel("one"));
    await settle();
    assert.deepEqual(
      courier.deliveries[0]?.attempts.map(({ status }) => status),
      [null],
    );
    assert.equal(courier.deliveries[0]?.attempts[0]?.fault, "answer lost");
    assert.equal(courier.deliveries[0]?.state, "pending");
    clock.advance(250);
    assert.equal((await delivered).state, "delivered");
    assert.deepEqual(arrived, ["one", "one"]);
    assert.deepEqual(dice.counts, { loseAnswer: 1 });
    await courier.close();
  });

  it("loseAnswer: a refusal is not lost, and counts for nothing", async () => {
    const answers = [503, 202, 202];
    const { courier, arrived, clock, dice } = createRound({ loseAnswer: 1 }, () => answers.shift() ?? 202);
    const delivered = courier.deliver(parcel("one"));
    for (const wait of [250, 500]) {
      await settle();
      clock.advance(wait);
    }
    const { attempts } = await delivered;
    assert.deepEqual(
      attempts.map(({ status }) => status),
      [503, null, 202],
    );
    assert.equal(arrived.length, 3);
    assert.deepEqual(dice.counts, { loseAnswer: 1 });
    await courier.close();
  });

  it("makes the same trouble for the same seed, delivery by delivery", async () => {
    const course = async (seed: number) => {
      const { courier, arrived, clock, dice } = createRound(null);
      dice.set({ seed, deliveries: { duplicate: 0.3, loseGraph: 0.3, reorder: 0.3, loseAnswer: 0.3 } });
      for (let place = 0; place < 30; place += 1) void courier.deliver(parcel(String(place)));
      for (let time = 0; time < 5; time += 1) {
        await settle();
        clock.advance(500);
      }
      await settle();
      await courier.close();
      return { arrived, counts: dice.counts };
    };
    const first = await course(5);
    assert.deepEqual(await course(5), first);
    assert.notDeepEqual(await course(6), first);
    assert.deepEqual(Object.keys(first.counts).toSorted(), [
      "duplicate",
      "loseAnswer",
      "loseGraph",
      "reorder",
    ]);
  });

  it("ends with the tenant: who is held or delayed does not hold the end up", async () => {
    const { courier, arrived } = createRound({ reorder: 1, delay: { chance: 1, mostMs: 60_000 } });
    const held = courier.deliver(parcel("one"));
    await courier.close();
    assert.equal((await held).state, "pending");
    assert.deepEqual(arrived, []);
  });
});

describe("emulated tenant: a burst on its way to the bot", () => {
  it("takes a hundred connections of one sender to one place, in turn, and no more", async () => {
    const waiting: (() => void)[] = [];
    let most = 0;
    let underway = 0;
    const { courier, arrived } = createRound(null, async () => {
      underway += 1;
      most = Math.max(most, underway);
      await new Promise<void>((resolve) => waiting.push(resolve));
      underway -= 1;
      return 202;
    });
    const texts = Array.from({ length: 250 }, (_, place) => String(place));
    const all = texts.map((text) => courier.deliver(parcel(text)));
    await settle();
    assert.equal(arrived.length, 100);
    // Others have lanes of their own.
    all.push(courier.deliver(parcel("other sender", "bot-framework")));
    all.push(courier.deliver(parcel("other place", "graph", "http://elsewhere/")));
    await settle();
    assert.deepEqual(arrived.slice(100), ["other sender", "other place"]);
    while (underway > 0) {
      waiting.shift()?.();
      await settle();
    }
    assert.ok((await Promise.all(all)).every(({ state }) => state === "delivered"));
    assert.equal(most, 102);
    assert.deepEqual(
      arrived.filter((text) => !text.startsWith("other")),
      texts,
    );
    await courier.close();
  });

  it("of ten thousand messages stands in the log to the last: by both senders, and the bot's own words", async () => {
    const { courier } = createRound(null);
    const amount = 30_000;
    await Promise.all(Array.from({ length: amount }, (_, place) => courier.deliver(parcel(String(place)))));
    assert.equal(courier.deliveries.length, amount);
    assert.equal(readText(courier.deliveries[0]!.body), "0");
    assert.ok(courier.deliveries.every(({ state }) => state === "delivered"));
    await courier.close();
  });
});
