import assert from "node:assert/strict";
import fc from "fast-check";
import type { SubscriptionKey } from "../../src/model/ids.ts";
import type { SubscriptionRecord } from "../../src/storage/storage.ts";
import {
  LIFE_MS,
  planSubscriptions,
  readRenewalTime,
  type Step,
  type Wanted,
} from "../../src/subscriptions/plan.ts";
import { channelOf, createRecord, NOTIFICATION_URL } from "./subscription-record.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");
const want = (name: string): Wanted => ({ resource: channelOf(name), label: `Ops › ${name}` });
const plan = (wanted: readonly Wanted[], known: readonly SubscriptionRecord[], now = NOW) =>
  planSubscriptions({ wanted, known, notificationUrl: NOTIFICATION_URL, now });
const nameOf = (step: Step) => ("wanted" in step ? step.wanted : step.record).label.replace("Ops › ", "");
const describeSteps = (steps: readonly Step[]) =>
  steps.map((step) => `${step.kind} ${nameOf(step)}: ${step.reason}`);

describe("the plan of subscriptions", () => {
  const TABLE: readonly (readonly [
    string,
    readonly Wanted[],
    readonly SubscriptionRecord[],
    readonly string[],
  ])[] = [
    ["nothing wanted, nothing known", [], [], []],
    ["one wanted", [want("a")], [], ["create a: not-subscribed"]],
    ["one known and fresh", [want("a")], [createRecord("a", NOW)], []],
    ["just before half its life", [want("a")], [createRecord("a", NOW - LIFE_MS / 2 + 1)], []],
    ["half its life", [want("a")], [createRecord("a", NOW - LIFE_MS / 2)], ["renew a: half-life"]],
    [
      "half of a life that Graph made shorter",
      [want("a")],
      [createRecord("a", NOW - 30 * 60_000, { expiresAt: NOW + 30 * 60_000 })],
      ["renew a: half-life"],
    ],
    ["a moment left", [want("a")], [createRecord("a", NOW - LIFE_MS + 1)], ["renew a: half-life"]],
    ["its life just over", [want("a")], [createRecord("a", NOW - LIFE_MS)], ["create a: expired"]],
    [
      "told to renew (renewedAt 0)",
      [want("a")],
      [createRecord("a", NOW, { renewedAt: 0 })],
      ["renew a: half-life"],
    ],
    [
      "sent to an address of before",
      [want("a")],
      [createRecord("a", NOW, { notificationUrl: "https://old.example/api/notifications" })],
      ["replace a: address-changed"],
    ],
    [
      "hearing new messages alone, as it was before edits counted",
      [want("a")],
      [createRecord("a", NOW, { changeTypes: "created" })],
      ["replace a: changes-differ"],
    ],
    [
      "asked for and not answered",
      [want("a")],
      [createRecord("a", 0, { subscriptionId: null, expiresAt: 0 })],
      ["replace a: create-unanswered"],
    ],
    ["no longer wanted", [], [createRecord("a", NOW)], ["delete a: not-wanted"]],
    [
      "no longer wanted and never answered",
      [],
      [createRecord("a", NOW, { subscriptionId: null })],
      ["delete a: not-wanted"],
    ],
    [
      "one of each",
      [want("a"), want("b"), want("c")],
      [createRecord("b", NOW), createRecord("c", NOW - LIFE_MS / 2), createRecord("d", NOW)],
      ["create a: not-subscribed", "renew c: half-life", "delete d: not-wanted"],
    ],
  ];
  for (const [title, wanted, known, steps] of TABLE) {
    it(`for ${title} is: ${steps.join(", ") || "nothing"}`, () => {
      assert.deepEqual(describeSteps(plan(wanted, known)), steps);
    });
  }

  it("renews halfway between the last renewal and the expiry that Graph returned", () => {
    assert.equal(readRenewalTime(createRecord("a", NOW, { expiresAt: NOW + 1_000 })), NOW + 500);
  });

  describe("for any state", () => {
    const name = fc.constantFrom("a", "b", "c", "d", "e");
    const record = fc
      .record({
        name,
        age: fc.integer({ min: -1_000, max: LIFE_MS * 2 }),
        isAnswered: fc.boolean(),
        isHere: fc.boolean(),
      })
      .map(({ name: of, age, isAnswered, isHere }) =>
        createRecord(of, NOW - age, {
          ...(isAnswered ? {} : { subscriptionId: null }),
          ...(isHere ? {} : { notificationUrl: "https://old.example/" }),
        }),
      );
    const known = fc.uniqueArray(record, { selector: ({ resource }) => resource });
    const wanted = fc.uniqueArray(name).map((names) => names.map(want));

    /** What carrying the plan out makes of what was known. */
    const apply = (steps: readonly Step[], before: readonly SubscriptionRecord[]): SubscriptionRecord[] => {
      const after = new Map(before.map((one) => [one.resource, one]));
      for (const step of steps) {
        if (step.kind === "delete") after.delete(step.record.resource);
        else if (step.kind === "renew") after.set(step.record.resource, renewed(step.record));
        else after.set(step.wanted.resource, createRecord(nameOf(step), NOW));
      }
      return [...after.values()];
    };
    const renewed = (one: SubscriptionRecord) => ({ ...one, renewedAt: NOW, expiresAt: NOW + LIFE_MS });

    it("leads to exactly what is wanted, and to rest", () => {
      fc.assert(
        fc.property(wanted, known, (wishes, before) => {
          const after = apply(plan(wishes, before), before);
          assert.deepEqual(
            after.map(({ resource }) => resource).toSorted(),
            wishes.map(({ resource }) => resource).toSorted(),
          );
          assert.deepEqual(plan(wishes, after), []);
        }),
      );
    });

    it("deletes nothing that is wanted, and touches no resource twice", () => {
      fc.assert(
        fc.property(wanted, known, (wishes, before) => {
          const steps = plan(wishes, before);
          const deleted = steps.filter(({ kind }) => kind === "delete").map(nameOf);
          assert.deepEqual(
            deleted.filter((one) => wishes.some(({ label }) => label === `Ops › ${one}`)),
            [],
          );
          assert.equal(new Set(steps.map(nameOf)).size, steps.length);
        }),
      );
    });

    it("does not depend on the order in which things are known", () => {
      fc.assert(
        fc.property(wanted, known, (wishes, before) => {
          const forwards = describeSteps(plan(wishes, before)).toSorted();
          assert.deepEqual(
            describeSteps(plan(wishes.toReversed(), before.toReversed())).toSorted(),
            forwards,
          );
        }),
      );
    });

    it("leaves nothing wanted unheard: what would lapse before the renewal is due does not exist", () => {
      fc.assert(
        fc.property(known, (before) => {
          for (const one of before) {
            if (plan([want(one.label.replace("Ops › ", ""))], [one]).length > 0) continue;
            assert.ok(readRenewalTime(one) > NOW && readRenewalTime(one) < one.expiresAt);
          }
        }),
      );
    });
  });

  it("of one resource wished for twice makes one subscription", () => {
    const key = "key-a" as SubscriptionKey;
    assert.deepEqual(describeSteps(plan([want("a"), want("a")], [])), ["create a: not-subscribed"]);
    assert.deepEqual(describeSteps(plan([want("a"), want("a")], [createRecord("a", NOW, { key })])), []);
  });
});
