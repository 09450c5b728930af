import assert from "node:assert/strict";
import { describeDeafSpots } from "../../src/subscriptions/deaf-spots.ts";
import { CHANGE_TYPES, type Wanted } from "../../src/subscriptions/plan.ts";
import { createRefusals } from "../../src/subscriptions/refusals.ts";
import { graphError } from "./scripted-graph.ts";

const want = (resource: string, label: string): Wanted => ({
  ...{ resource, label, wantedBy: "installed" },
  ...{ changeTypes: CHANGE_TYPES, content: "encrypted", api: "v1.0" },
});
const CHANNEL = want("/teams/team/channels/19:a@thread.tacv2/messages", "Ops › General");
const LIST = want("/teams/team/channels", "Ops › list of channels");
const SHARED = {
  conversationId: "19:s",
  teamId: "team",
  label: "Ops › Partners",
  since: 0,
  isDoubtful: true,
};
const FORBIDDEN = graphError(
  "graph-forbidden",
  "POST /subscriptions: Graph answered 403 Forbidden Missing role permissions on the request.",
);

describe("what cannot be heard", () => {
  const describeAll = (
    refused: readonly Wanted[],
    overflow: readonly Wanted[] = [],
    isUnreadable: (conversationId: string | null) => boolean = () => false,
  ) => {
    const refusals = createRefusals(() => 0);
    for (const one of refused) refusals.note(one, FORBIDDEN);
    const wishes = { wanted: [CHANNEL, LIST], conversations: [SHARED], deaf: [] };
    const found = { tenantId: "tenant", wishes, overflow, refusals, isUnreadable, isPolled: () => true };
    return describeDeafSpots(found).map(({ label, state, teamId, conversationId }) => [
      ...[label, state, teamId, conversationId],
    ]);
  };
  const POLLED = ["Ops › Partners", "polled", "team", "19:s"];

  it("is nothing but what is polled where Graph refuses nothing", () => {
    assert.deepEqual(describeAll([]), [POLLED]);
  });
  it("is nothing of a shared channel that is heard like others", () => {
    const find = (isPolled: (conversationId: string) => boolean, wantedBy: string) => {
      const wanted = [{ ...want("/teams/team/channels/19:s/messages", SHARED.label), wantedBy }];
      const wishes = { wanted, conversations: [SHARED], deaf: [] };
      const refusals = createRefusals(() => 0);
      const found = { ...{ tenantId: "tenant", wishes, overflow: [], refusals }, isUnreadable: () => false };
      return describeDeafSpots({ ...found, isPolled }).map((spot) => [spot.conversationId, spot.wantedBy]);
    };
    assert.deepEqual(
      find((id) => id !== "19:s", "installed"),
      [],
    );
    // Its twin, and whose wish it is.
    assert.deepEqual(
      find((id) => id === "19:s", "channels: all"),
      [["19:s", "channels: all"]],
    );
  });
  it("is what Graph refused, with its place", () => {
    assert.deepEqual(describeAll([CHANNEL]), [
      ["Ops › General", "deaf", "team", "19:a@thread.tacv2"],
      POLLED,
    ]);
  });
  it("is a list of channels, of which Bot Framework tells too", () => {
    assert.deepEqual(describeAll([LIST]), [
      ["Ops › list of channels", "bot-framework", "team", null],
      POLLED,
    ]);
  });
  it("is what is neither told nor may be read", () => {
    const isUnreadable = (conversationId: string | null) => conversationId === "19:s";
    assert.deepEqual(describeAll([], [], isUnreadable), [["Ops › Partners", "deaf", "team", "19:s"]]);
  });
  it("is what does not fit into the organisation's quota", () => {
    assert.deepEqual(describeAll([], [CHANNEL])[1], [
      "Ops › General",
      "bot-framework",
      "team",
      "19:a@thread.tacv2",
    ]);
  });
});

describe("a refusal", () => {
  it("stands for the next keeper, too, as long as it did for the one before", () => {
    let now = 0;
    const earlier = createRefusals(() => now);
    earlier.note(CHANNEL, FORBIDDEN);
    const wishes = { wanted: [CHANNEL, LIST], conversations: [], deaf: [] };
    const spots = describeDeafSpots({
      tenantId: "tenant",
      wishes,
      overflow: [],
      refusals: earlier,
      isUnreadable: () => false,
      isPolled: () => true,
    });
    const later = createRefusals(() => now);
    later.restore(spots);
    assert.deepEqual([later.isStanding(CHANNEL.resource), later.isStanding(LIST.resource)], [true, false]);
    const { askAgainAt } = earlier.find(CHANNEL.resource)!;
    assert.equal(later.find(CHANNEL.resource)?.askAgainAt, askAgainAt);
    now = askAgainAt;
    assert.ok(!later.isStanding(CHANNEL.resource));
  });

  it("stands for minutes at first and then for an hour, or until something has changed there", () => {
    let now = 0;
    const refusals = createRefusals(() => now);
    refusals.note(CHANNEL, FORBIDDEN);
    assert.ok(refusals.isStanding(CHANNEL.resource));
    assert.deepEqual(refusals.listTimes(), [120_000]);
    for (let times = 2; times <= 5; times += 1) refusals.note(CHANNEL, FORBIDDEN);
    assert.deepEqual(refusals.listTimes(), [3_600_000]);
    refusals.reconsider((resource) => resource === LIST.resource);
    assert.ok(refusals.isStanding(CHANNEL.resource));
    refusals.reconsider((resource) => resource === CHANNEL.resource);
    assert.ok(!refusals.isStanding(CHANNEL.resource));
    assert.ok(refusals.find(CHANNEL.resource), "what was said of it is still true");
    refusals.note(CHANNEL, FORBIDDEN);
    now = 3_600_000;
    assert.ok(!refusals.isStanding(CHANNEL.resource));
    refusals.forget(CHANNEL.resource);
    assert.equal(refusals.find(CHANNEL.resource), undefined);
    assert.deepEqual(refusals.listTimes(), []);
  });
});
