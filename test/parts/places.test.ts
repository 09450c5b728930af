import assert from "node:assert/strict";
import fc from "fast-check";
import { CLOUDS } from "../../src/cloud.ts";
import {
  createPlaces,
  isOvertaken,
  type PlaceActivity,
  type PlaceHistory,
  type Places,
} from "../../src/replies/places.ts";
import { openSqlite } from "../../src/storage/sqlite/open-sqlite.ts";
import type { InstalledPlace, Storage } from "../../src/storage/storage.ts";
import { failOnLeaks } from "./leak-watch.ts";
import { useTemporaryFolder } from "./temporary-folder.ts";

const HOUR_MS = 60 * 60_000;
const UNKNOWN: PlaceHistory = { installedAt: null, cameAt: null, leftAt: null, foundAt: null };

describe("what is overtaken of a place's comings and goings", () => {
  const check = (kind: PlaceActivity["kind"], saidAt: number | null, history: Partial<PlaceHistory>) =>
    isOvertaken({ kind, saidAt }, { ...UNKNOWN, ...history });

  it("obeys a farewell, and not one from before the last install", () => {
    assert.equal(check("left", 6, { installedAt: 5 }), false);
    assert.equal(check("left", 6, { installedAt: 5, cameAt: 5 }), false);
    assert.equal(check("left", 4, { installedAt: 5 }), true);
    assert.equal(
      check("left", 6, { installedAt: 5, cameAt: 7 }),
      true,
      "our clock is behind, or it was updated",
    );
    assert.equal(check("left", 6, {}), false, "of a place that is not known");
  });

  it("takes who went and came in one millisecond for here", () => {
    assert.equal(check("left", 5, { installedAt: 5 }), true);
    assert.equal(check("left", 5, { installedAt: 3, cameAt: 5 }), true);
    assert.equal(check("came", 5, { leftAt: 5 }), false);
    assert.equal(check("updated", 5, { leftAt: 5 }), false);
    assert.equal(check("heard", 5, { leftAt: 5, cameAt: 5 }), false);
  });

  it("takes what else is heard in the millisecond of a farewell for a part of it", () => {
    assert.equal(check("left", 5, { installedAt: 5, foundAt: 5 }), false);
    assert.equal(check("left", 4, { installedAt: 5, foundAt: 5 }), true);
    assert.equal(check("heard", 5, { leftAt: 5 }), true);
    assert.equal(check("heard", 5, { leftAt: 5, cameAt: 3 }), true);
    assert.equal(check("heard", 6, { leftAt: 5 }), false);
  });

  it("lets nothing from before a farewell bring the place back", () => {
    for (const kind of ["came", "updated", "heard"] as const) {
      assert.equal(check(kind, 4, { leftAt: 5 }), true, kind);
      assert.equal(check(kind, 4, { leftAt: 5, cameAt: 9 }), true, kind);
      assert.equal(check(kind, 6, { leftAt: 5 }), false, kind);
      assert.equal(check(kind, 4, { installedAt: 9, cameAt: 9 }), false, kind);
    }
  });

  it("takes what does not say when as it comes", () => {
    for (const kind of ["came", "updated", "left", "heard"] as const) {
      assert.equal(check(kind, null, { installedAt: 9, cameAt: 9, leftAt: 9 }), false, kind);
    }
  });
});

describe("places", () => {
  failOnLeaks();
  const pathOf = useTemporaryFolder();
  let storage: Storage;
  let places: Places;
  beforeEach(async () => {
    storage = await openSqlite(pathOf("earshot.db"));
    places = createPlaces({ storage, cloud: CLOUDS.global });
  });
  afterEach(() => storage.close());

  const create = (placeId: string, at: number, seenAt = at): InstalledPlace => ({
    ...{ tenantId: "tenant", placeId, kind: "team", teamId: null, name: "Ops" },
    ...{ serviceUrl: "https://smba.example/", seenAt, installedAt: at },
  });
  const tell = (kind: PlaceActivity["kind"], at: number, also?: () => Promise<unknown>, placeId = "19:a") =>
    places.take({ place: create(placeId, at), kind, saidAt: at }, also);
  const find = (placeId = "19:a") => storage.findPlace({ tenantId: "tenant", placeId });

  it("does nothing beside for what was overtaken, and does it otherwise", async () => {
    const done: string[] = [];
    const note = (what: string) => async () => void done.push(what);
    assert.equal(await tell("came", 1), "news");
    assert.equal(await tell("heard", 2, note("heard")), "known");
    assert.equal(await tell("left", 3, note("left")), "news");
    assert.equal(await tell("heard", 2, note("heard late")), "overtaken");
    assert.equal(await tell("came", 4), "news");
    assert.equal(await tell("left", 3, note("left late")), "overtaken");
    assert.deepEqual(done, ["heard", "left"]);
    assert.equal((await find())?.installedAt, 4);
  });

  it("moves the instant of the install with a new one, and not with an update or what is heard", async () => {
    await tell("came", 1);
    await tell("updated", 5);
    await tell("heard", 6);
    assert.equal((await find())?.installedAt, 1);
    assert.equal(await tell("left", 4), "overtaken", "it was updated since");
    await tell("came", 7);
    assert.equal((await find())?.installedAt, 7);
    await tell("came", 2);
    assert.equal((await find())?.installedAt, 7);
  });

  it("knows by the row alone, as after a restart, that a farewell is old", async () => {
    await tell("came", 5);
    places = createPlaces({ storage, cloud: CLOUDS.global });
    assert.equal(await tell("left", 4), "overtaken");
    assert.equal(await tell("left", 5), "overtaken");
    assert.equal(await tell("left", 6), "news");
    assert.equal(await find(), null);
  });

  it("obeys a farewell in the millisecond in which the place was found, and not where a coming told of it", async () => {
    await tell("heard", 5);
    assert.equal(await tell("left", 5), "news");
    assert.equal(await find(), null);
    await tell("heard", 6);
    await tell("came", 6);
    assert.equal(await tell("left", 6), "overtaken");
    assert.ok(await find());
  });

  it("lets go of what it remembers after a day", async () => {
    await tell("left", 1, undefined, "19:old");
    await tell("left", 24 * HOUR_MS, undefined, "19:next");
    assert.equal(await tell("heard", 1, undefined, "19:old"), "overtaken");
    await tell("left", 24 * HOUR_MS + 1, undefined, "19:last");
    assert.equal(await tell("heard", 1, undefined, "19:old"), "news");
    assert.equal(await tell("heard", 1, undefined, "19:last"), "overtaken");
  });

  it("lets a farewell wait for what is being heard there, and what comes next for the farewell", async () => {
    const steps: string[] = [];
    const [storing, erasing] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    const hold = (what: string, held: Promise<undefined>) => async () => {
      steps.push(what);
      await held;
      steps.push(`${what}: done`);
    };
    await tell("came", 1);
    const first = tell("heard", 2, hold("stored", storing.promise));
    const going = tell("left", 4, hold("erased", erasing.promise));
    const late = tell("heard", 3, hold("stored late", Promise.resolve(undefined)));
    // Another place, and another message of this one, wait for none of it.
    await tell("heard", 2, undefined, "19:other");
    assert.deepEqual(steps, ["stored"]);
    storing.resolve(undefined);
    await first;
    erasing.resolve(undefined);
    assert.deepEqual(await Promise.all([going, late]), ["news", "overtaken"]);
    assert.deepEqual(steps, ["stored", "stored: done", "erased", "erased: done"]);
    assert.equal(await find(), null);
  });

  it("hears messages of one place beside each other", async () => {
    const storing = Promise.withResolvers<undefined>();
    const slow = tell("heard", 2, () => storing.promise);
    await tell("heard", 3);
    storing.resolve(undefined);
    await slow;
  });

  it("goes on after a failure, which changes nothing", async () => {
    await tell("came", 1);
    const fail = () => Promise.reject(new Error("no disk"));
    await assert.rejects(tell("left", 2, fail), /no disk/);
    assert.ok(await find());
    await assert.rejects(tell("heard", 1, fail), /no disk/);
    assert.equal(await tell("heard", 1), "known", "the farewell was not obeyed");
    assert.equal(await tell("left", 2), "news");
    assert.equal(await find(), null);
  });

  it("ends as the last of the comings and goings says, in whatever order and how often they are told", async () => {
    /** Each is told at least once: `extra` are the copies. */
    const stories = fc.integer({ min: 1, max: 5 }).chain((length) => {
      // In turn: it comes, is heard, leaves, comes, ...
      const all = Array.from({ length }, (_, at) => at);
      return fc
        .array(fc.constantFrom(...all), { maxLength: 6 })
        .chain((extra) => fc.shuffledSubarray([...all, ...extra], { minLength: length + extra.length }))
        .map((order) => ({ length, order }));
    });
    const KINDS = ["came", "heard", "left"] as const;
    let told = 0;
    await fc.assert(
      fc.asyncProperty(
        stories,
        fc.boolean(),
        fc.integer({ min: 0, max: 1 }),
        async (story, isAtOnce, gap) => {
          const placeId = `19:${(told += 1)}`;
          const said = new Set<number>();
          const tellOne = (at: number) => {
            const kind = KINDS[at % 3]!;
            const also = async () => {
              await storage.findPlace({ tenantId: "tenant", placeId });
              if (kind === "left") said.clear();
              if (kind === "heard") said.add(at);
            };
            // Without a gap, who leaves comes again within the millisecond.
            const atMs = 10 * at - (kind === "came" && gap === 0 && at > 0 ? 10 : 0);
            return tell(kind, 1_000 + atMs, also, placeId);
          };
          if (isAtOnce) await Promise.all(story.order.map(tellOne));
          else for (const at of story.order) await tellOne(at);
          const isHere = (story.length - 1) % 3 !== 2;
          assert.equal((await find(placeId)) !== null, isHere);
          if (!isHere) assert.deepEqual([...said], []);
        },
      ),
      { numRuns: 150 },
    );
  });
});
