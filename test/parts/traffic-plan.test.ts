/** Made-up conversations: the same from the same seed, and such as people could have had. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { createSeed, BOT } from "../../src/emulator/seed.ts";
import { listTrafficPlaces } from "../../src/emulator/traffic-places.ts";
import {
  planTraffic,
  type TrafficPlace,
  type TrafficPost,
  type TrafficStep,
} from "../../src/emulator/traffic-plan.ts";
import { planInstants } from "../../src/emulator/traffic-pace.ts";
import { createTrafficDice } from "../../src/emulator/traffic-dice.ts";

const [CONTOSO] = createSeed(Date.parse("2026-11-21T09:00:00Z"), false).customers;
assert.ok(CONTOSO);
const PLACES = listTrafficPlaces(CONTOSO);

const plan = (seed: number, perMinute = 60, minutes = 10, places: readonly TrafficPlace[] = PLACES) =>
  planTraffic({ seed, perMinute, minutes, places, bot: BOT });
const listPosts = (steps: readonly TrafficStep[]) =>
  steps.filter((step): step is TrafficPost => step.kind === "post");
const readText = ({ parts }: Pick<TrafficPost, "parts">) =>
  parts.map((part) => ("text" in part ? part.text : part.mention.name)).join("");

const anyPlaces = fc.array(
  fc.record({
    id: fc.uuid(),
    hasThreads: fc.boolean(),
    people: fc.uniqueArray(
      fc.record({ id: fc.uuid(), name: fc.string({ minLength: 1 }) }, { noNullPrototype: true }),
      {
        selector: ({ id }) => id,
        maxLength: 5,
      },
    ),
  }),
  { maxLength: 6 },
);
const anyRequest = fc.record({
  seed: fc.integer(),
  minutes: fc.double({ min: 0.05, max: 30, noNaN: true }),
  perMinute: fc.integer({ min: 1, max: 20 }),
  places: anyPlaces,
  bot: fc.constant(BOT),
});

describe("a plan of traffic", () => {
  it("is the same from the same seed, and another from another", () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        assert.deepEqual(planTraffic(request), planTraffic(structuredClone(request)));
      }),
      { numRuns: 30 },
    );
    assert.notDeepEqual(plan(1), plan(2));
  });

  it("does nothing to a message before it is posted or after it is deleted, and all of it in its time", () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        const alive = new Map<number, TrafficPost>();
        const posted = new Map<number, TrafficPost>();
        let lastMs = 0;
        for (const step of planTraffic(request)) {
          assert.ok(step.atMs >= lastMs && step.atMs <= request.minutes * 60_000);
          lastMs = step.atMs;
          if (step.kind !== "post") {
            assert.ok(alive.has(step.line), `${step.kind} of line ${step.line}`);
            if (step.kind === "delete") alive.delete(step.line);
            continue;
          }
          assert.ok(!posted.has(step.line));
          if (step.inThreadOf !== null) {
            const root = posted.get(step.inThreadOf);
            assert.ok(root, "a reply comes after its root");
            assert.deepEqual([root.placeId, root.inThreadOf], [step.placeId, null]);
          }
          alive.set(step.line, step);
          posted.set(step.line, step);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("lets only members speak and react, and only authors edit and delete", () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        const steps = planTraffic(request);
        const posts = new Map(listPosts(steps).map((post) => [post.line, post]));
        for (const step of steps) {
          const post = posts.get(step.line);
          const place = request.places.find(({ id }) => id === post?.placeId);
          assert.ok(post && place);
          assert.ok(place.people.some(({ id }) => id === step.personId));
          if (step.kind === "edit" || step.kind === "delete") assert.equal(step.personId, post.personId);
          if (step.kind === "react") assert.notEqual(step.personId, post.personId);
          if (step.kind !== "post") continue;
          assert.ok(place.hasThreads || step.inThreadOf === null);
          for (const part of step.parts) {
            if (!("mention" in part)) continue;
            const { id } = part.mention;
            assert.ok(id === BOT.id || (id !== step.personId && place.people.some((one) => one.id === id)));
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it("takes back no reaction that was not given", () => {
    for (const seed of [1, 2, 3]) {
      const given = new Set<string>();
      for (const step of plan(seed)) {
        if (step.kind !== "react") continue;
        const name = `${step.line} ${step.personId} ${step.type}`;
        assert.equal(given.has(name), !step.on, name);
        if (step.on) given.add(name);
        else given.delete(name);
      }
    }
  });

  it("says as much as was asked for, and something where that is less than one", () => {
    assert.equal(listPosts(plan(1, 60, 10)).length, 600);
    assert.equal(listPosts(plan(1, 1, 0.1)).length, 1);
    assert.deepEqual(plan(1, 60, 10, []), []);
    assert.deepEqual(plan(1, 60, 10, [{ id: "19:empty", hasThreads: false, people: [] }]), []);
  });

  it("has of each kind its share, whatever the seed", () => {
    for (let seed = 0; seed < 20; seed += 1) {
      const steps = plan(seed * 7919, 100, 10);
      const posts = listPosts(steps);
      const share = (of: number) => of / posts.length;
      const between = (what: string, value: number, least: number, most: number) =>
        assert.ok(value >= least && value <= most, `seed ${seed * 7919}: ${what} ${value}`);
      const ofForm = (form: TrafficPost["form"]) => share(posts.filter((post) => post.form === form).length);
      const ofKind = (kind: TrafficStep["kind"]) => share(steps.filter((step) => step.kind === kind).length);
      between("plain", ofForm("plain"), 0.5, 0.75);
      between("emoji", ofForm("emoji"), 0.08, 0.17);
      between("mention", ofForm("mention"), 0.05, 0.14);
      between("bot-mention", ofForm("bot-mention"), 0.005, 0.045);
      between("quote", ofForm("quote"), 0.015, 0.08);
      between("code", ofForm("code"), 0.025, 0.085);
      between("long", ofForm("long"), 0.01, 0.06);
      between("edit", ofKind("edit"), 0.04, 0.1);
      between("delete", ofKind("delete"), 0.005, 0.04);
      between("react", ofKind("react"), 0.15, 0.8);
      between("replies", share(posts.filter(({ inThreadOf }) => inThreadOf !== null).length), 0.2, 0.7);
      between("languages", new Set(posts.map(({ language }) => language)).size, 6, 8);
      between("places", new Set(posts.map(({ placeId }) => placeId)).size, PLACES.length - 4, PLACES.length);
      between("one language", share(posts.filter(({ language }) => language === "en").length), 0.05, 0.85);
    }
  });

  it("speaks in words: all filled in, none empty, long ones long, within what Teams takes", () => {
    const posts = listPosts(plan(11, 200, 10));
    for (const post of posts) {
      const text = readText(post);
      assert.ok(text.trim().length > 0 && Buffer.byteLength(text) < 28_000);
      assert.doesNotMatch(text, /\{(ticket|host|room|floor|time|count)\}/);
      assert.ok(text.isWellFormed());
    }
    const lengths = posts.filter(({ form }) => form === "long").map((post) => readText(post).length);
    assert.ok(Math.min(...lengths) > 150 && Math.max(...lengths) > 1_500);
    assert.ok(posts.some((post) => /^> .+\n/.test(readText(post))));
    for (const { form, code, quoting, subject, inThreadOf, placeId, line } of posts) {
      assert.equal(code !== null, form === "code");
      assert.doesNotMatch(code?.code ?? "", /\{(ticket|host|room|floor|time|count)\}/);
      const { hasThreads } = PLACES.find(({ id }) => id === placeId)!;
      assert.equal(quoting !== null, form === "quote" && !hasThreads);
      // What is quoted was said before, in the same chat.
      if (quoting !== null) assert.ok(quoting < line && posts[quoting]?.placeId === placeId);
      assert.ok(subject === null || (hasThreads && inThreadOf === null));
    }
    assert.ok(posts.some(({ code }) => code !== null) && posts.some(({ quoting }) => quoting !== null));
    assert.ok(posts.some(({ subject }) => subject !== null));
    assert.ok(posts.some((post) => /\p{Script=Arabic}/u.test(readText(post))));
    assert.ok(posts.some((post) => /\p{Script=Hiragana}/u.test(readText(post))));
  });
});

describe("the pace of traffic", () => {
  it("rises and falls: the busiest tenth has several times what the calmest has", () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const tenths = new Array<number>(10).fill(0);
      for (const atMs of planInstants(createTrafficDice(seed), 2_000, 1_000)) {
        tenths[Math.floor(atMs / 100)]! += 1;
      }
      assert.ok(Math.max(...tenths) > 2 * Math.min(...tenths), tenths.join(" "));
      assert.ok(Math.min(...tenths) > 0);
    }
  });
});
