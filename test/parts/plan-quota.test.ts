import assert from "node:assert/strict";
import fc from "fast-check";
import { fitQuota, preferBroad } from "../../src/subscriptions/plan-quota.ts";
import { CHANGE_TYPES, type Wanted } from "../../src/subscriptions/plan.ts";

const want = (resource: string): Wanted => ({
  ...{ resource, label: resource, wantedBy: "installed" },
  ...{ changeTypes: CHANGE_TYPES, content: "encrypted", api: "v1.0" },
});
const CHANNELS = ["a", "b", "c"].map((name) => want(`/teams/team/channels/${name}/messages`));
const LIST = want("/teams/team/channels");
const CHATS = want("/appCatalogs/teamsApps/app/installedToChats/getAllMessages");
const CHAT = want("/chats/19:x@thread.v2/messages");
const ALL = "/teams/getAllMessages";
const names = (wanted: readonly Wanted[]) => wanted.map(({ resource }) => resource);

describe("the organisation's quota", () => {
  const wanted = [LIST, ...CHANNELS, CHAT, CHATS];
  const TABLE: readonly (readonly [quota: number, overflow: readonly Wanted[]])[] = [
    [6, []],
    [5, [LIST]],
    [4, [LIST, CHANNELS[2]!]],
    [2, [LIST, ...CHANNELS]],
    [1, [LIST, ...CHANNELS, CHAT]],
    [0, wanted],
  ];
  for (const [quota, overflow] of TABLE) {
    it(`of ${quota} leaves out ${overflow.length === 0 ? "nothing" : names(overflow).join(", ")}`, () => {
      const fitted = fitQuota(wanted, quota);
      assert.deepEqual(names(fitted.overflow), names(overflow));
      assert.deepEqual(names(fitted.kept), names(wanted.filter((each) => !overflow.includes(each))));
    });
  }

  it("is never exceeded, and never left unused", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(wanted), fc.nat({ max: 8 }), (some, quota) => {
        const { kept, overflow } = fitQuota(some, quota);
        assert.equal(kept.length, Math.min(some.length, quota));
        assert.equal(kept.length + overflow.length, some.length);
      }),
    );
  });
});

describe("one subscription for all channels", () => {
  const wanted = [...CHANNELS, LIST, CHATS];
  it("is not asked for while the channels are few", () => {
    assert.deepEqual(
      preferBroad(wanted, () => false, 3),
      wanted,
    );
  });
  it("is asked for beside the others where they are many", () => {
    assert.deepEqual(names(preferBroad(wanted, () => false, 2)), [ALL, ...names(wanted)]);
  });
  it("takes their place once it stands", () => {
    const stands = (resource: string) => resource === ALL;
    assert.deepEqual(names(preferBroad(wanted, stands, 2)), [ALL, LIST.resource, CHATS.resource]);
  });
  it("stands for our teams alone, unless it was wished for itself", () => {
    assert.equal(preferBroad(wanted, () => false, 2)[0]?.wantedBy, "installed");
    const wished = [{ ...want(ALL), wantedBy: "channels: all" }, ...wanted];
    assert.deepEqual(
      preferBroad(wished, () => true, 2),
      wished,
    );
  });
  it("does not take the place of what hears a part of a channel", () => {
    const part = want("/teams/team/channels/a/messages?$search=word");
    assert.ok(preferBroad([...wanted, part], () => true, 2).includes(part));
  });
});
