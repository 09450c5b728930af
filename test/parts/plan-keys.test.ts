import assert from "node:assert/strict";
import fc from "fast-check";
import { compareAge } from "../../src/decryptor/certificate.ts";
import { ENDS_SOON_MS, OVERLAP_MS, planKeys, type KeyState } from "../../src/subscriptions/plan-keys.ts";
import { LIFE_MS } from "../../src/subscriptions/renewal.ts";

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;
const NOW = Date.UTC(2026, 10, 21);
const ROTATION_MS = 90 * DAY_MS;

type Key = KeyState["certificates"][number];
/** Made so long ago, for two years. */
const key = (id: string, agoMs: number, change: Partial<Key> = {}): Key => ({
  id,
  notBefore: NOW - agoMs,
  notAfter: NOW - agoMs + 730 * DAY_MS,
  ...change,
});
const plan = (
  certificates: readonly Key[],
  change: { liveIds?: string[]; neededIds?: string[]; rotationMs?: number } = {},
) =>
  planKeys({
    certificates,
    liveIds: new Set(change.liveIds),
    neededIds: new Set(change.neededIds),
    now: NOW,
    rotationMs: change.rotationMs ?? ROTATION_MS,
  });

describe("the plan of keys", () => {
  const MAKES: readonly [title: string, certificates: Key[], rotationMs: number, make: string | null][] = [
    ["where there is none", [], ROTATION_MS, "none-there"],
    ["where there is none and none is made by schedule", [], 0, "none-there"],
    ["a moment before its turn", [key("a", ROTATION_MS - 1)], ROTATION_MS, null],
    ["at its turn", [key("a", ROTATION_MS)], ROTATION_MS, "rotation-due"],
    ["at its turn, if there were a schedule", [key("a", 600 * DAY_MS)], 0, null],
    [
      "when it is about to end, without a schedule",
      [key("a", 0, { notAfter: NOW + ENDS_SOON_MS })],
      0,
      "ends-soon",
    ],
    ["a moment before that", [key("a", 0, { notAfter: NOW + ENDS_SOON_MS + 1 })], 0, null],
    ["when it has ended", [key("a", 800 * DAY_MS)], 0, "ends-soon"],
    ["for the age of the newest", [key("old", 500 * DAY_MS), key("new", DAY_MS)], ROTATION_MS, null],
    [
      "for the end of the newest, not of the one that ends last",
      [key("old", 2 * DAY_MS), key("new", DAY_MS, { notAfter: NOW + DAY_MS })],
      ROTATION_MS,
      "ends-soon",
    ],
    ["where the clock was ahead when it was made", [key("a", -DAY_MS)], ROTATION_MS, null],
  ];
  for (const [title, certificates, rotationMs, make] of MAKES) {
    it(`makes ${make === null ? "none" : "one"} ${title}`, () => {
      assert.equal(plan(certificates, { rotationMs }).make, make);
    });
  }

  const RETIRES: readonly [
    title: string,
    certificates: Key[],
    needs: Parameters<typeof plan>[1],
    retire: string[],
  ][] = [
    ["the current one, however old", [key("a", 700 * DAY_MS)], {}, []],
    [
      "an old one as long as what it told may still come",
      [key("a", ROTATION_MS), key("b", OVERLAP_MS - 1)],
      {},
      [],
    ],
    ["an old one that nothing needs", [key("a", ROTATION_MS), key("b", OVERLAP_MS)], {}, ["a"]],
    ["one that a subscription needs", [key("a", ROTATION_MS), key("b", OVERLAP_MS)], { liveIds: ["a"] }, []],
    ["one that a message needs", [key("a", ROTATION_MS), key("b", OVERLAP_MS)], { neededIds: ["a"] }, []],
    [
      "one that has ended and is needed",
      [key("a", 900 * DAY_MS), key("b", OVERLAP_MS)],
      { neededIds: ["a"] },
      [],
    ],
    ["one that has ended and is not needed", [key("a", 900 * DAY_MS), key("b", OVERLAP_MS)], {}, ["a"]],
    [
      "those whose own successor is long there, though the newest is new",
      [key("a", 9 * DAY_MS), key("b", 8 * DAY_MS), key("c", DAY_MS), key("d", 0)],
      {},
      ["a"],
    ],
    [
      "all but what is needed",
      [key("a", 40 * DAY_MS), key("b", 30 * DAY_MS), key("c", 20 * DAY_MS), key("d", 10 * DAY_MS)],
      { liveIds: ["c", "elsewhere"], neededIds: ["a"] },
      ["b"],
    ],
    ["nothing where there is none", [], {}, []],
  ];
  for (const [title, certificates, needs, retire] of RETIRES) {
    it(`${retire.length === 0 ? "keeps" : "retires"} ${title}`, () => {
      assert.deepEqual(plan(certificates, needs).retire.toSorted(), retire);
      assert.deepEqual(plan(certificates.toReversed(), needs).retire.toSorted(), retire);
    });
  }

  it("waits longer than anything sealed to an old one can be on its way", () => {
    // Renewed for the last time when the new one was made, and delivered again for four hours after its end.
    assert.ok(OVERLAP_MS >= 72 * HOUR_MS);
    assert.ok(OVERLAP_MS >= LIFE_MS + 4 * HOUR_MS);
  });

  describe("from any state", () => {
    const ids = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e", "f", "g"));
    const days = (most: number) =>
      fc.integer({ min: -2 * 24, max: most * 24 }).map((hours) => hours * HOUR_MS);
    const states: fc.Arbitrary<KeyState> = fc.record({
      certificates: ids.chain((names) =>
        fc.tuple(
          ...names.map((id) =>
            fc.record({
              id: fc.constant(id),
              notBefore: days(900).map((ago) => NOW - ago),
              notAfter: days(900).map((left) => NOW + left - 450 * DAY_MS),
            }),
          ),
        ),
      ),
      liveIds: ids.map((names) => new Set<string>(names)),
      neededIds: ids.map((names) => new Set<string>(names)),
      now: fc.constant(NOW),
      rotationMs: fc.constantFrom(0, DAY_MS, ROTATION_MS),
    });
    /** As the ring does it: what is made is newer than what is there. */
    const carryOut = (state: KeyState): KeyState => {
      const { make, retire } = planKeys(state);
      const left = state.certificates.filter(({ id }) => !retire.includes(id));
      const newest = Math.max(state.now, ...left.map(({ notBefore }) => notBefore + 1_000));
      const made = { id: "made", notBefore: newest, notAfter: newest + 730 * DAY_MS };
      return { ...state, certificates: make === null ? left : [...left, made] };
    };

    it("never retires the current one, nor one that is needed", () => {
      let retired = 0;
      fc.assert(
        fc.property(states, (state) => {
          const { retire } = planKeys(state);
          retired += retire.length;
          const [current] = state.certificates.toSorted(compareAge);
          for (const id of retire) {
            assert.notEqual(id, current?.id);
            assert.ok(!state.liveIds.has(id) && !state.neededIds.has(id));
            assert.ok(state.certificates.some((each) => each.id === id));
          }
        }),
        { numRuns: 2_000 },
      );
      assert.ok(retired > 100, `${retired} were retired in all`);
    });

    it("comes to rest in one step, with a current one that lasts", () => {
      fc.assert(
        fc.property(states, (state) => {
          const after = carryOut(state);
          assert.deepEqual(planKeys(after), { make: null, retire: [] });
          const [current] = after.certificates.toSorted(compareAge);
          assert.ok(current && current.notAfter > state.now + ENDS_SOON_MS);
        }),
        { numRuns: 2_000 },
      );
    });

    it("comes, with time and nothing that needs the old ones, to one alone", () => {
      fc.assert(
        fc.property(states, (state) => {
          const free = { ...state, liveIds: new Set<string>(), neededIds: new Set<string>(), rotationMs: 0 };
          const made = carryOut(free);
          const newest = Math.max(...made.certificates.map(({ notBefore }) => notBefore));
          const later = carryOut({ ...made, now: Math.max(newest, NOW) + OVERLAP_MS });
          const alone = later.certificates.length === 1;
          // One that ended meanwhile was replaced, and so begins its own overlap.
          assert.ok(alone || later.certificates.some(({ id }) => id === "made"));
          assert.ok(later.certificates.length <= 2);
        }),
        { numRuns: 1_000 },
      );
    });
  });

  it("keeps, over a year of rotations, every key that something on its way is sealed to, and few besides", () => {
    // A subscription is renewed at half its life, half of all renewals fail; what it tells is on its way for four hours.
    let keys: Key[] = [];
    let made = 0;
    let most = 0;
    let sealedTo = "";
    let renewedAt = -Infinity;
    let onTheirWay: { id: string; until: number }[] = [];
    for (let now = NOW; now < NOW + 365 * DAY_MS; now += HOUR_MS) {
      const isAlive = now < renewedAt + LIFE_MS;
      const liveIds = new Set(isAlive ? [sealedTo] : []);
      const { make, retire } = planKeys({
        ...{ certificates: keys, liveIds, neededIds: new Set<string>(), now, rotationMs: 10 * DAY_MS },
      });
      if (make !== null) {
        made += 1;
        keys.push({ id: `key-${made}`, notBefore: now, notAfter: now + 730 * DAY_MS });
      }
      keys = keys.filter(({ id }) => !retire.includes(id));
      onTheirWay = onTheirWay.filter(({ until }) => until >= now);
      for (const { id } of onTheirWay)
        assert.ok(
          keys.some((each) => each.id === id),
          `${id} went too soon`,
        );
      const isDue = now - renewedAt >= LIFE_MS / 2;
      if (!isAlive || (isDue && (now / HOUR_MS) % 2 === 0)) {
        sealedTo = keys.toSorted(compareAge)[0]!.id;
        renewedAt = now;
      }
      onTheirWay.push({ id: sealedTo, until: now + 4 * HOUR_MS });
      most = Math.max(most, keys.length);
    }
    assert.equal(made, 37);
    assert.equal(most, 2);
  });
});
