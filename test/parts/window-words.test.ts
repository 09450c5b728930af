/** The window's own words and rows, which a browser would only hide: read from its modules that draw nothing. */
import assert from "node:assert/strict";
import { parseFaults } from "../../src/emulator/control-shapes.ts";
import type { CallFaults, Faults } from "../../src/emulator/faults.ts";
import { FORGERIES } from "../../src/emulator/forger.ts";

/** The page's modules have no types. */
async function load<Module>(name: string): Promise<Module> {
  return (await import(new URL(`../../src/emulator/window/${name}`, import.meta.url).href)) as Module;
}

interface Kind {
  readonly id: string;
  readonly time?: { readonly name: string; readonly usual: number };
}
interface FaultWords {
  readonly FAULT_GROUPS: readonly {
    readonly path?: readonly string[];
    readonly services?: readonly { readonly id: string; readonly areas: readonly string[] }[];
    readonly kinds: readonly Kind[];
  }[];
  readChance(faults: Faults | null, path: readonly string[]): number;
  withValue(faults: Faults | null, seed: number, path: readonly string[], value: unknown): Faults | null;
}
interface Row {
  readonly subscription: { readonly id: string };
  readonly goneAtMs: number | null;
  readonly backAtMs: number | null;
  readonly isNew: boolean;
}

describe("the window's words", () => {
  it("name every place that a subscription can be about", async () => {
    const { describeResource } = await load<{
      describeResource(resource: string, known: object): { what: string; where: string };
    }>("resource-words.js");
    const names = new Map([
      ["t1", "Help Desk"],
      ["19:c@thread.tacv2", "Outages"],
      ["19:x@thread.v2", "Lunch crew"],
      ["u1", "Mira"],
    ]);
    const table: [string, string, string][] = [
      ["/teams/t1/channels/19:c@thread.tacv2/messages", "Messages in Outages", "Help Desk"],
      ["teams('t1')/channels('19%3Ac%40thread.tacv2')/messages", "Messages in Outages", "Help Desk"],
      ["chats/19:x@thread.v2/messages?$search=outage", "Messages in Lunch crew", "only $search=outage"],
      ["chats/getAllMessages?model=B", "Messages of all chats", ""],
      ["appCatalogs/teamsApps/a/installedToChats/getAllMessages", "Messages of all chats with Earshot", ""],
      ["users/u1/chats/getAllMessages", "Chats of Mira", ""],
      ["teams/t1/channels", "Channels of Help Desk", ""],
      ["teams/t1", "The team Help Desk", ""],
      ["teams/getAllMessages", "Messages of all channels", ""],
      ["teams/getAllChannels", "All channels that come and go", ""],
      ["teams", "All teams that come and go", ""],
      ["teams/7c9f2b1e-4a35-4d6c/channels", "Channels of 7c9f2b1e-4a3…", ""],
      ["communications/presences", "communications/presences", ""],
    ];
    for (const [resource, what, where] of table) {
      assert.deepEqual(describeResource(resource, { names, bot: "Earshot" }), { what, where }, resource);
    }
  });

  it("tell how long is left", async () => {
    const { formatRest } = await load<{ formatRest(ms: number): string }>("format-rest.js");
    const table: [number, string][] = [
      [-5, "0 s"],
      [42_999, "42 s"],
      [65_000, "1 min 05 s"],
      [59 * 60_000, "59 min"],
      [3_600_000, "1 h 00 min"],
      [(2 * 24 + 3) * 3_600_000, "2 d 3 h"],
    ];
    for (const [ms, words] of table) assert.equal(formatRest(ms), words);
  });
});

describe("the window's faults", () => {
  const deliveries = {
    ...{ duplicate: 1, delay: 1, reorder: 1, loseGraph: 1, loseAnswer: 1, poison: 1 },
  } satisfies Record<keyof NonNullable<Faults["deliveries"]>, 1>;
  const sends = {
    ...{ throttle: 1, refuse412: 1, refuse500: 1, takenBut500: 1, hangUp: 1, takenButHangUp: 1, slow: 1 },
  } satisfies Record<keyof NonNullable<Faults["sends"]>, 1>;
  const calls = {
    ...{ throttleCall: 1, throttleCallBare: 1, cutCall: 1, takeAndCutCall: 1, redirectCall: 1, hangCall: 1 },
    ...{ refuseCall500: 1, refuseCall502: 1, refuseCall503: 1, refuseCall504: 1 },
  } satisfies Record<keyof CallFaults, 1>;

  it("are all that the tenant can make, each in the place where it takes it", async () => {
    const { FAULT_GROUPS, withValue } = await load<FaultWords>("fault-kinds.js");
    assert.deepEqual(
      FAULT_GROUPS.map(({ kinds }) => kinds.map(({ id }) => id).toSorted()),
      [deliveries, sends, calls].map((kinds) => Object.keys(kinds).toSorted()),
    );
    let looked = 0;
    for (const { path, services, kinds } of FAULT_GROUPS) {
      const places = services?.flatMap(({ id, areas }) => ["all", ...areas].map((area) => [id, area])) ?? [
        path ?? [],
      ];
      for (const place of places) {
        for (const { id, time } of kinds) {
          const value = time ? { chance: 0.5, [time.name]: time.usual } : 0.5;
          const faults = withValue(null, 3, [...place, id], value);
          assert.deepEqual(parseFaults(faults), faults);
          looked++;
        }
      }
    }
    assert.ok(looked > 100);
    assert.throws(() => parseFaults(withValue(null, 3, ["deliveries", "nonsense"], 0.5)));
  });

  it("leave nothing behind when they are taken back, and nothing else alone", async () => {
    const { withValue, readChance } = await load<FaultWords>("fault-kinds.js");
    const one = withValue(null, 3, ["graph", "all", "cutCall"], 0.2);
    const two = withValue(one, 3, ["graph", "outage"], true);
    assert.deepEqual(two, { seed: 3, graph: { all: { cutCall: 0.2 }, outage: true } });
    assert.deepEqual(withValue(two, 3, ["graph", "all", "cutCall"], undefined), {
      ...{ seed: 3, graph: { outage: true } },
    });
    assert.equal(withValue(one, 3, ["graph", "all", "cutCall"], undefined), null);
    assert.equal(readChance(two, ["graph", "all", "cutCall"]), 0.2);
    assert.equal(
      readChance({ seed: 1, graph: { all: { cutCall: { untilAt: 5 } } } }, ["graph", "all", "cutCall"]),
      1,
    );
    assert.equal(readChance(null, ["graph", "all", "cutCall"]), 0);
  });

  it("offer every forgery, and no other", async () => {
    const words = await load<{ FORGERIES: readonly string[] }>("forgeries.js");
    assert.deepEqual(words.FORGERIES, FORGERIES);
  });
});

describe("the window's subscriptions", () => {
  it("are remembered when they go, and known when they come back", async () => {
    const { createSubscriptionHistory } = await load<{
      createSubscriptionHistory(): { takeIn(subscriptions: readonly object[], nowMs: number): Row[] };
    }>("subscription-history.js");
    const history = createSubscriptionHistory();
    const one = { organisationId: "o", resource: "teams", id: "1" };
    const other = { organisationId: "o", resource: "chats/getAllMessages", id: "2" };
    const tell = (rows: readonly Row[]) =>
      rows.map(({ subscription, goneAtMs, backAtMs, isNew }) => [subscription.id, goneAtMs, backAtMs, isNew]);

    assert.deepEqual(tell(history.takeIn([one], 0)), [["1", null, null, false]]);
    assert.deepEqual(tell(history.takeIn([], 1_000)), [["1", 1_000, null, false]]);
    assert.deepEqual(tell(history.takeIn([{ ...one, id: "3" }, other], 2_000)), [
      ["3", null, 2_000, false],
      ["2", null, null, true],
    ]);
    // Back is worth a word for two minutes, and so is gone.
    assert.deepEqual(tell(history.takeIn([{ ...one, id: "3" }], 130_000)), [
      ["3", null, null, false],
      ["2", 130_000, null, true],
    ]);
    assert.deepEqual(tell(history.takeIn([{ ...one, id: "3" }], 260_000)), [["3", null, null, false]]);
  });
});
