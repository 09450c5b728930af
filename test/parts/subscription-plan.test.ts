import assert from "node:assert/strict";
import fc from "fast-check";
import type { SubscriptionKey } from "../../src/model/ids.ts";
import type { SubscriptionRecord } from "../../src/storage/subscription-record.ts";
import {
  CHANGE_TYPES,
  planSubscriptions,
  readDueTime,
  type PlanState,
  type Step,
  type Wanted,
} from "../../src/subscriptions/plan.ts";
import { LIFE_MS, PATCH_FLOOR_MS, planRenewal } from "../../src/subscriptions/renewal.ts";
import type { GraphSubscription } from "../../src/wire/graph-answers.ts";
import { ADDRESSES, channelOf, createRecord, NOTIFICATION_URL } from "./subscription-record.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");
const OTHER_KEY = "another" as SubscriptionKey;
const OLD_URL = "https://old.example/api/notifications";
const want = (name: string, change: Partial<Wanted> = {}): Wanted => ({
  ...{ resource: channelOf(name), label: `Ops › ${name}`, wantedBy: "installed" },
  ...{ changeTypes: CHANGE_TYPES, content: "encrypted", api: "v1.0" },
  ...change,
});
const list = (name: string, change: Partial<GraphSubscription> = {}): GraphSubscription => ({
  ...{ id: `sub-${name}`, resource: channelOf(name), notificationUrl: NOTIFICATION_URL },
  expirationDateTime: new Date(NOW + LIFE_MS).toISOString(),
  ...change,
});
const hasKey = (certificateId: string) => certificateId === "cert-1";
const plan = (
  wanted: readonly Wanted[],
  known: readonly SubscriptionRecord[],
  listed: readonly GraphSubscription[] | null = null,
) =>
  planSubscriptions({
    ...{ wanted, known, addresses: ADDRESSES, hasKey, now: NOW },
    listed: listed && { subscriptions: listed, at: NOW },
  });
const resourceOf = (step: Step) => {
  if (step.kind === "delete-orphan") return step.listed.resource;
  return "wanted" in step ? step.wanted.resource : step.record.resource;
};
const nameOf = (step: Step) => /channels\/(.+)\/messages/.exec(resourceOf(step))?.[1] ?? resourceOf(step);
const describeSteps = (steps: readonly Step[]) =>
  steps.map((step) => `${step.kind} ${nameOf(step)}: ${step.reason}`);

const UNANSWERED = { subscriptionId: null, expiresAt: 0, renewedAt: 0, renewAt: 0 } as const;
const DUE = createRecord("a", NOW - LIFE_MS / 2);

describe("the plan of subscriptions", () => {
  type Row = readonly [
    title: string,
    wanted: readonly Wanted[],
    known: readonly SubscriptionRecord[],
    steps: readonly string[],
    listed?: readonly GraphSubscription[],
  ];
  const TABLE: readonly Row[] = [
    ["nothing wanted, nothing known", [], [], []],
    ["one wanted", [want("a")], [], ["create a: not-subscribed"]],
    ["one known and fresh", [want("a")], [createRecord("a", NOW)], []],
    ["just before it is due", [want("a")], [createRecord("a", NOW, { renewAt: NOW + 1 })], []],
    ["due", [want("a")], [DUE], ["renew a: due"]],
    ["due, and changed a moment ago", [want("a")], [{ ...DUE, patchedAt: NOW - PATCH_FLOOR_MS + 1 }], []],
    [
      "due, and changed long enough ago",
      [want("a")],
      [{ ...DUE, patchedAt: NOW - PATCH_FLOOR_MS }],
      ["renew a: due"],
    ],
    ["a moment left", [want("a")], [createRecord("a", NOW - LIFE_MS + 1)], ["renew a: due"]],
    ["its life just over", [want("a")], [createRecord("a", NOW - LIFE_MS)], ["create a: expired"]],
    ["removed by Graph", [want("a")], [createRecord("a", NOW, { expiresAt: 0 })], ["create a: removed"]],
    [
      "sent to an address of before",
      [want("a")],
      [createRecord("a", NOW, { notificationUrl: OLD_URL })],
      ["renew a: address-changed"],
    ],
    [
      "sent to an address of before, and changed a moment ago",
      [want("a")],
      [createRecord("a", NOW, { notificationUrl: OLD_URL, patchedAt: NOW - 1 })],
      ["replace a: address-changed"],
    ],
    [
      "with lifecycle events sent to an address of before, not due",
      [want("a")],
      [createRecord("a", NOW, { lifecycleUrl: "https://old.example/api/lifecycle" })],
      ["replace a: lifecycle-address-changed"],
    ],
    [
      "with lifecycle events sent to an address of before, and changed a moment ago",
      [want("a")],
      [createRecord("a", NOW, { lifecycleUrl: "https://old.example/api/lifecycle", patchedAt: NOW - 1 })],
      [],
    ],
    [
      "with lifecycle events sent to an address of before, due",
      [want("a")],
      [{ ...DUE, lifecycleUrl: "https://old.example/api/lifecycle" }],
      ["replace a: lifecycle-address-changed"],
    ],
    [
      "hearing new messages alone, as it was before edits counted",
      [want("a")],
      [createRecord("a", NOW, { changeTypes: "created" })],
      ["replace a: changes-differ"],
    ],
    [
      "with content where it is to be fetched",
      [want("a", { content: "fetch" })],
      [createRecord("a", NOW)],
      ["replace a: changes-differ"],
    ],
    [
      "in the beta, wanted in v1.0",
      [want("a")],
      [createRecord("a", NOW, { api: "beta" })],
      ["replace a: changes-differ"],
    ],
    [
      "sealed to a certificate whose key is lost",
      [want("a")],
      [createRecord("a", NOW, { certificateId: "cert-0" })],
      ["renew a: key-lost"],
    ],
    [
      "sealed to a certificate whose key is lost, and changed a moment ago",
      [want("a")],
      [createRecord("a", NOW, { certificateId: "cert-0", patchedAt: NOW - 1 })],
      ["replace a: key-lost"],
    ],
    [
      "without content, and so without a certificate",
      [want("a", { content: "fetch" })],
      [createRecord("a", NOW, { content: "fetch", certificateId: "" })],
      [],
    ],
    ["no longer wanted", [], [createRecord("a", NOW)], ["delete a: not-wanted"]],
    [
      "no longer wanted and never answered",
      [],
      [createRecord("a", NOW, UNANSWERED)],
      ["delete a: not-wanted"],
    ],
    [
      "asked for and not answered, Graph not asked yet",
      [want("a")],
      [createRecord("a", NOW, UNANSWERED)],
      [],
    ],
    [
      "asked for and not answered, and there",
      [want("a")],
      [createRecord("a", NOW, UNANSWERED)],
      ["adopt a: create-unanswered"],
      [list("a", { resource: channelOf("a").slice(1) })],
    ],
    [
      "asked for twice and not answered, and there: whose clientState it has, nobody can tell",
      [want("a")],
      [createRecord("a", NOW, UNANSWERED), createRecord("a", NOW, { ...UNANSWERED, key: OTHER_KEY })],
      ["create a: create-unanswered"],
      [list("a")],
    ],
    [
      "asked for and not answered, there and wanted no more",
      [],
      [createRecord("a", NOW, UNANSWERED)],
      ["delete-orphan a: orphan", "delete a: not-wanted"],
      [list("a")],
    ],
    [
      "asked for and not answered, and not there",
      [want("a")],
      [createRecord("a", NOW, UNANSWERED)],
      ["create a: create-unanswered"],
      [list("b", { notificationUrl: OLD_URL })],
    ],
    [
      "asked for under another address and not answered",
      [want("a")],
      [createRecord("a", NOW, { ...UNANSWERED, notificationUrl: OLD_URL })],
      ["create a: create-unanswered"],
      [list("a", { notificationUrl: OLD_URL })],
    ],
    [
      "known twice",
      [want("a")],
      [
        createRecord("a", NOW),
        createRecord("a", NOW - 1, { key: "key-2" as SubscriptionKey, subscriptionId: "2" }),
      ],
      ["delete a: twice"],
    ],
    [
      "known, and gone from Graph's list",
      [want("a")],
      [createRecord("a", NOW - 90_000)],
      ["create a: gone"],
      [],
    ],
    ["known, and too young for Graph's list", [want("a")], [createRecord("a", NOW - 30_000)], [], []],
    ["known and listed", [want("a")], [createRecord("a", NOW - 90_000)], [], [list("a")]],
    [
      "listed at our address and known to nobody",
      [want("a")],
      [],
      ["delete-orphan a: orphan", "create a: not-subscribed"],
      [list("a")],
    ],
    ["listed at our address and wanted no more", [], [], ["delete-orphan a: orphan"], [list("a")]],
    ["listed at another's address", [], [], [], [list("a", { notificationUrl: "https://other.example/" })]],
    ["listed without an address", [], [], [], [list("a", { notificationUrl: null })]],
    [
      "one of each",
      [want("a"), want("b"), want("c")],
      [createRecord("b", NOW), createRecord("c", NOW - LIFE_MS / 2), createRecord("d", NOW)],
      ["delete d: not-wanted", "create a: not-subscribed", "renew c: due"],
    ],
    ["one resource wished for twice", [want("a"), want("a")], [], ["create a: not-subscribed"]],
    ["one resource in other letters", [want("A")], [createRecord("a", NOW)], []],
  ];
  for (const [title, wanted, known, steps, listed = null] of TABLE) {
    it(`for ${title} is: ${steps.join(", ") || "nothing"}`, () => {
      assert.deepEqual(describeSteps(plan(wanted, known, listed)), steps);
    });
  }

  it("renews at half of the life that Graph granted, or up to a tenth of it earlier", () => {
    assert.equal(planRenewal({ from: NOW, expiresAt: NOW + 1_000 }, 0), NOW + 500);
    assert.equal(planRenewal({ from: NOW, expiresAt: NOW + 1_000 }, 1), NOW + 400);
  });

  describe("for any state", () => {
    const NAMES = ["a", "b", "c", "d", "e"];
    const name = fc.constantFrom(...NAMES);
    const change = fc.record(
      {
        age: fc.integer({ min: -1_000, max: LIFE_MS * 2 }),
        patchedAgo: fc.integer({ min: 0, max: 2 * PATCH_FLOOR_MS }),
        subscriptionId: fc.constant(null),
        notificationUrl: fc.constant(OLD_URL),
        lifecycleUrl: fc.constant("https://old.example/api/lifecycle"),
        changeTypes: fc.constant("created"),
        content: fc.constant("fetch" as const),
        isRemoved: fc.constant(true),
        /** Not among what Graph has. */
        isLost: fc.constant(true),
      },
      { requiredKeys: ["age"] },
    );
    const known = fc.array(fc.tuple(name, change), { maxLength: 7 }).map((all) =>
      all.map(([of, { age, patchedAgo, isRemoved, isLost, ...rest }], index) => ({
        isLost: isLost ?? false,
        record: createRecord(of, NOW - age, {
          key: `key-${index}` as SubscriptionKey,
          subscriptionId: `sub-${index}`,
          ...(patchedAgo === undefined ? {} : { patchedAt: NOW - patchedAgo }),
          ...rest,
          ...(rest.subscriptionId === null ? { expiresAt: 0, renewedAt: 0, renewAt: 0 } : {}),
          ...(isRemoved ? { expiresAt: 0 } : {}),
        }),
      })),
    );
    const stray = fc
      .array(fc.tuple(name, fc.constantFrom(NOTIFICATION_URL, OLD_URL, "https://other.example/")), {
        maxLength: 3,
      })
      .map((all) =>
        all.map(([of, notificationUrl], index) => list(of, { id: `stray-${index}`, notificationUrl })),
      );
    const wanted = fc.uniqueArray(name).map((names) => names.map((one) => want(one)));
    const world = fc.record({ wanted, known, stray });

    interface World {
      known: SubscriptionRecord[];
      graph: GraphSubscription[];
    }
    const startWorld = (from: {
      known: { record: SubscriptionRecord; isLost: boolean }[];
      stray: GraphSubscription[];
    }) => ({
      known: from.known.map(({ record }) => record),
      graph: [
        ...from.known
          .filter(({ record, isLost }) => !isLost && record.expiresAt > NOW)
          .map(({ record: { subscriptionId, resource, notificationUrl } }) =>
            list("a", { id: subscriptionId ?? "?", resource, notificationUrl }),
          ),
        ...from.stray,
      ],
    });

    /** What carrying a step out makes of the world: Graph has one a resource, and one that stands in the way goes. */
    const apply = (world: World, step: Step, made: { count: number }): void => {
      const forget = (key: SubscriptionKey) => {
        world.known = world.known.filter((one) => one.key !== key);
      };
      const drop = (id: string | null) => {
        world.graph = world.graph.filter((one) => one.id !== id);
      };
      const create = (resource: string) => {
        made.count += 1;
        const id = `made-${made.count}`;
        world.graph = world.graph.filter((one) => one.resource !== resource);
        world.known = world.known.filter((one) => one.resource !== resource);
        const record = createRecord("a", NOW, { key: id as SubscriptionKey, subscriptionId: id, resource });
        world.known.push(record);
        world.graph.push(list("a", { id, resource }));
      };
      switch (step.kind) {
        case "create":
          return create(step.wanted.resource);
        case "replace":
          drop(step.record.subscriptionId);
          return create(step.wanted.resource);
        case "adopt":
        case "renew": {
          const id = step.kind === "adopt" ? step.listed.id : step.record.subscriptionId;
          if (!world.graph.some((one) => one.id === id)) return create(step.record.resource);
          forget(step.record.key);
          world.graph = world.graph.map((one) =>
            one.id === id ? { ...one, notificationUrl: NOTIFICATION_URL } : one,
          );
          world.known.push({
            ...step.record,
            ...{ subscriptionId: id, notificationUrl: NOTIFICATION_URL, patchedAt: NOW, renewedAt: NOW },
            ...{ expiresAt: NOW + LIFE_MS, renewAt: NOW + LIFE_MS / 2 },
          });
          return;
        }
        case "delete":
          forget(step.record.key);
          return drop(step.record.subscriptionId);
        case "delete-orphan":
          return drop(step.listed.id);
      }
    };
    const planIn = (wishes: readonly Wanted[], { known: records, graph }: World) =>
      planSubscriptions({
        ...{ wanted: wishes, known: records, addresses: ADDRESSES, hasKey, now: NOW },
        listed: { subscriptions: graph, at: NOW + 120_000 },
      } satisfies PlanState);

    it("leads to exactly what is wanted at Graph, and to rest", () => {
      fc.assert(
        fc.property(world, ({ wanted: wishes, ...from }) => {
          const at = startWorld(from);
          const made = { count: 0 };
          let rounds = 0;
          for (let steps = planIn(wishes, at); steps.length > 0; steps = planIn(wishes, at)) {
            rounds += 1;
            assert.ok(rounds <= 4, `no rest after ${rounds} rounds: ${describeSteps(steps).join(", ")}`);
            for (const step of steps) apply(at, step, made);
          }
          const wished = wishes.map(({ resource }) => resource).toSorted();
          assert.deepEqual(at.known.map(({ resource }) => resource).toSorted(), wished);
          const ours = at.graph.filter(({ notificationUrl }) => notificationUrl === NOTIFICATION_URL);
          assert.deepEqual(ours.map(({ resource }) => resource).toSorted(), wished);
          for (const record of at.known) assert.ok(at.graph.some(({ id }) => id === record.subscriptionId));
        }),
        { numRuns: 2_000 },
      );
    });

    it("deletes nothing that is not ours", () => {
      fc.assert(
        fc.property(world, ({ wanted: wishes, ...from }) => {
          const at = startWorld(from);
          const ids = new Set(at.known.map(({ subscriptionId }) => subscriptionId));
          for (const step of planIn(wishes, at)) {
            if (step.kind === "delete-orphan") assert.equal(step.listed.notificationUrl, NOTIFICATION_URL);
            if (step.kind === "delete" || step.kind === "replace" || step.kind === "renew") {
              assert.ok(ids.has(step.record.subscriptionId));
            }
          }
        }),
      );
    });

    it("deletes none that is wanted, but for a second one of it", () => {
      fc.assert(
        fc.property(world, ({ wanted: wishes, ...from }) => {
          const wished = new Set(wishes.map(({ resource }) => resource));
          for (const step of planIn(wishes, startWorld(from))) {
            if (step.kind === "delete" && step.reason === "not-wanted")
              assert.ok(!wished.has(step.record.resource));
          }
        }),
      );
    });

    it("asks for no change of one that was changed within ten minutes", () => {
      fc.assert(
        fc.property(world, ({ wanted: wishes, ...from }) => {
          for (const step of planIn(wishes, startWorld(from))) {
            if (step.kind === "renew") assert.ok(NOW - step.record.patchedAt >= PATCH_FLOOR_MS);
          }
        }),
      );
    });

    it("does not depend on the order in which things are known", () => {
      fc.assert(
        fc.property(world, ({ wanted: wishes, ...from }) => {
          const at = startWorld(from);
          const forwards = describeSteps(planIn(wishes, at)).toSorted();
          const turned = { known: at.known.toReversed(), graph: at.graph.toReversed() };
          assert.deepEqual(describeSteps(planIn(wishes.toReversed(), turned)).toSorted(), forwards);
        }),
      );
    });

    it("rests only while the next look is ahead, and comes before the end of what is heard", () => {
      fc.assert(
        fc.property(known, (all) => {
          for (const { record } of all) {
            if (record.subscriptionId === null) continue;
            if (plan([want(nameOf({ kind: "renew", record, reason: "due" }))], [record]).length > 0) continue;
            const dueAt = readDueTime(record, ADDRESSES);
            assert.ok(dueAt > NOW && dueAt <= record.expiresAt);
          }
        }),
      );
    });
  });
});
