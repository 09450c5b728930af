import assert from "node:assert/strict";
import fc from "fast-check";
import { throwForDelivery } from "../../src/emulator/delivery-faults.ts";
import { createFaultDice, type FaultName, type Faults } from "../../src/emulator/faults.ts";
import { throwForSend } from "../../src/emulator/send-faults.ts";

const MESSAGE = { sender: "graph", body: { value: [{ changeType: "created" }] } };
const LIFECYCLE = { sender: "graph", body: { value: [{ lifecycleEvent: "missed" }] } };
const ACTIVITY = { sender: "bot-framework", body: { type: "message" } };

const MUCH: Faults = {
  seed: 7,
  deliveries: {
    ...{ duplicate: 0.3, reorder: 0.3, loseGraph: 0.3, loseAnswer: 0.3 },
    delay: { chance: 0.3, mostMs: 100 },
  },
  sends: {
    ...{ throttle: 0.2, refuse500: 0.2, takenBut500: 0.2, hangUp: 0.2, takenButHangUp: 0.2 },
    slow: { chance: 0.2, ms: 9 },
  },
};

function diceFor(faults: Faults | null) {
  const dice = createFaultDice();
  dice.set(faults);
  return dice;
}

function fallsOf(seed: number, row: string, name: FaultName, chance: number, amount: number): boolean[] {
  const dice = diceFor({ seed });
  return Array.from({ length: amount }, () => dice.next(row).falls(name, chance));
}

describe("emulated tenant: the dice of trouble", () => {
  it("fall the same way for the same seed and the same sequence, and another for another", () => {
    const sequence = [MESSAGE, ACTIVITY, MESSAGE, LIFECYCLE, ACTIVITY];
    const throwAll = (faults: Faults) => {
      const dice = diceFor(faults);
      const many = Array.from({ length: 20 }, () => sequence).flat();
      return many.map((parcel) => [throwForDelivery(dice, parcel), throwForSend(dice)]);
    };
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (seed, other) => {
        fc.pre(seed !== other);
        assert.deepEqual(throwAll({ ...MUCH, seed }), throwAll({ ...MUCH, seed }));
        assert.notDeepEqual(throwAll({ ...MUCH, seed }), throwAll({ ...MUCH, seed: other }));
      }),
      { numRuns: 30 },
    );
  });

  it("begin anew where they are set anew", () => {
    const dice = diceFor(MUCH);
    const throwTen = () => Array.from({ length: 10 }, () => throwForDelivery(dice, MESSAGE));
    const before = throwTen();
    assert.notDeepEqual(throwTen(), before);
    dice.set(MUCH);
    assert.deepEqual(throwTen(), before);
  });

  it("keep each row to itself: what Bot Framework sends changes nothing for Graph", () => {
    const alone = diceFor(MUCH);
    const among = diceFor(MUCH);
    for (let place = 0; place < 50; place += 1) {
      throwForDelivery(among, ACTIVITY);
      if (place % 3 === 0) throwForSend(among);
      assert.deepEqual(throwForDelivery(among, MESSAGE), throwForDelivery(alone, MESSAGE));
    }
  });

  it("let one more fault change nothing for the others", () => {
    const less = diceFor({ seed: 7, deliveries: { duplicate: 0.3 } });
    const more = diceFor({ seed: 7, deliveries: { duplicate: 0.3, loseAnswer: 0.5, reorder: 0.5 } });
    for (let place = 0; place < 50; place += 1) {
      assert.equal(throwForDelivery(more, MESSAGE).isDoubled, throwForDelivery(less, MESSAGE).isDoubled);
    }
  });

  it("fall as often as their chance says, each by itself", () => {
    const amount = 20_000;
    for (const chance of [0.01, 0.1, 0.5, 0.9]) {
      const fallen = fallsOf(3, "graph", "duplicate", chance, amount).filter(Boolean).length;
      const spread = Math.sqrt(amount * chance * (1 - chance));
      assert.ok(Math.abs(fallen - amount * chance) < 5 * spread, `${fallen} of ${amount} at ${chance}`);
    }
    const [one, other] = (["duplicate", "reorder"] as const).map((name) =>
      fallsOf(3, "graph", name, 0.5, amount),
    );
    const both = one!.filter((falls, place) => falls && other![place]).length;
    assert.ok(
      Math.abs(both - amount / 4) < 5 * Math.sqrt((amount * 3) / 16),
      `${both} of ${amount} fall together`,
    );
  });

  it("never fall at chance 0, always at chance 1, and not at all where no trouble is wanted", () => {
    assert.equal(fallsOf(1, "graph", "poison", 0, 500).includes(true), false);
    assert.equal(fallsOf(1, "graph", "poison", 1, 500).includes(false), false);
    const quiet = diceFor(null);
    assert.deepEqual(throwForDelivery(quiet, MESSAGE), {
      ...{ isLost: false, isDoubled: false, losesAnswer: false, isReordered: false, delayMs: 0 },
    });
    assert.deepEqual(throwForSend(quiet), { waitMs: 0, refusal: null, lie: null });
  });

  it("lose messages by Graph alone: no activity, no lifecycle notification, no batch with one in it", () => {
    const dice = diceFor({ seed: 1, deliveries: { loseGraph: 1 } });
    const mixed = { sender: "graph", body: { value: [...MESSAGE.body.value, ...LIFECYCLE.body.value] } };
    const isLost = [MESSAGE, ACTIVITY, LIFECYCLE, mixed].map((one) => throwForDelivery(dice, one).isLost);
    assert.deepEqual(isLost, [true, false, false, false]);
  });

  it("delay by at most what is asked for", () => {
    const dice = diceFor({ seed: 1, deliveries: { delay: { chance: 1, mostMs: 40 } } });
    const delays = Array.from({ length: 500 }, () => throwForDelivery(dice, MESSAGE).delayMs);
    assert.ok(Math.max(...delays) < 40 && Math.max(...delays) > 38, `${Math.max(...delays)}`);
    assert.ok(Math.min(...delays) >= 0 && Math.min(...delays) < 2, `${Math.min(...delays)}`);
  });
});
