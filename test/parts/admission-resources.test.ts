import assert from "node:assert/strict";
import type { SubscriptionRecord } from "../../src/storage/subscription-record.ts";
import {
  CHANNEL,
  IN_CHANNEL,
  item,
  readOutcomes,
  record,
  TEAM,
  TENANT,
  useAdmission,
} from "./admission-stage.ts";

const OTHER_TEAM = "eeeeeeee-5555-4555-8555-555555555555";
const CHAT = "19:chat@thread.v2";
const IN_CHAT = `chats('${CHAT}')/messages('3')`;
const IN_OTHER_CHAT = "chats('19:other@thread.v2')/messages('3')";
const IN_OTHER_CHANNEL = `teams('${TEAM}')/channels('19:other@thread.tacv2')/messages('3')`;
const IN_OTHER_TEAM = `teams('${OTHER_TEAM}')/channels('${CHANNEL}')/messages('3')`;
const THE_TEAM = `teams('${TEAM}')`;
const THE_CHANNEL = `teams('${TEAM}')/channels('${CHANNEL}')`;
const ALL = [IN_CHANNEL, IN_OTHER_CHANNEL, IN_OTHER_TEAM, IN_CHAT, IN_OTHER_CHAT, THE_TEAM, THE_CHANNEL];

describe("admission by what a subscription listens to", () => {
  const stage = useAdmission();
  const judge = async (change: Partial<SubscriptionRecord>, resource: string, isBare = false) => {
    await stage.registry.save(record("one", { wantedBy: "listen", ...change }));
    return stage.judge((draft) => {
      const { encryptedContent, ...bare } = item({
        subscriptionId: "sub-one",
        clientState: "state-one",
        resource,
      });
      draft.items = [isBare ? bare : { ...bare, encryptedContent }];
      if (isBare) draft.tokens = [];
    });
  };

  const TABLE: readonly (readonly [resource: string, brings: readonly string[]])[] = [
    [`/teams/${TEAM}/channels/${CHANNEL}/messages`, [IN_CHANNEL]],
    [`/teams/${TEAM}/channels/${CHANNEL}/messages?$search="word"`, [IN_CHANNEL]],
    ["/teams/getAllMessages", [IN_CHANNEL, IN_OTHER_CHANNEL, IN_OTHER_TEAM]],
    [`/chats/${CHAT}/messages`, [IN_CHAT]],
    ["/chats/getAllMessages", [IN_CHAT, IN_OTHER_CHAT]],
    [`/users/${TENANT}/chats/getAllMessages`, [IN_CHAT, IN_OTHER_CHAT]],
    ["/appCatalogs/teamsApps/catalog-id/installedToChats/getAllMessages", [IN_CHAT, IN_OTHER_CHAT]],
    ["/teams", [THE_TEAM]],
    [`/teams/${TEAM}`, [THE_TEAM]],
    [`/teams/${OTHER_TEAM}`, []],
    ["/teams/getAllChannels", [THE_CHANNEL]],
    [`/teams/${TEAM}/channels`, [THE_CHANNEL]],
    [`/teams/${OTHER_TEAM}/channels`, []],
    ["/me/messages", []],
  ];
  for (const [resource, brings] of TABLE) {
    it(`takes of ${resource} what belongs to it, and nothing else`, async () => {
      for (const each of ALL) {
        const kind = each === THE_TEAM || each === THE_CHANNEL ? "place" : "message";
        const expected = brings.includes(each) ? kind : "foreign-resource";
        assert.deepEqual(readOutcomes(await judge({ resource }, each)), [expected], each);
      }
    });
  }

  it("says which team a change is in", async () => {
    const [verdict] = await judge({ resource: "/teams/getAllChannels", content: "fetch" }, THE_CHANNEL, true);
    assert.deepEqual(verdict, { kind: "place", tenantId: TENANT, teamId: TEAM });
  });

  it("takes, where the content is to be fetched, the path of the message without a token", async () => {
    const [verdict] = await judge({ resource: "/teams/getAllMessages", content: "fetch" }, IN_CHANNEL, true);
    assert.deepEqual(verdict?.kind === "message" && verdict.content, {
      kind: "fetch",
      path: `/teams/${TEAM}/channels/${encodeURIComponent(CHANNEL)}/messages/1700000000001`,
    });
    const withContent = await judge({ resource: "/teams/getAllMessages" }, IN_CHANNEL, true);
    assert.deepEqual(readOutcomes(withContent), ["no-content"]);
  });

  it("takes of all channels, where that stands for those of our teams, those alone", async () => {
    const resource = "/teams/getAllMessages";
    for (const [wantedBy, each, expected] of [
      ["installed", IN_OTHER_CHANNEL, "message"],
      ["installed", IN_OTHER_TEAM, "not-installed"],
      ["channels: all", IN_OTHER_TEAM, "message"],
    ] as const) {
      assert.deepEqual(readOutcomes(await judge({ resource, wantedBy }, each)), [expected]);
    }
  });
});
