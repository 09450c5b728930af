import assert from "node:assert/strict";
import fc from "fast-check";
import {
  joinConversationId,
  parseTeamsActivity,
  readMentionEntities,
  splitConversationId,
} from "../../src/wire/activity.ts";

const CHANNEL = "19:4a95f7d8db4c4e7fae857bcebe0623e6@thread.tacv2";

describe("conversation ids", () => {
  const SPLIT: readonly [conversationId: string, id: string, rootId: string | null][] = [
    [`${CHANNEL};messageid=1612289992105`, CHANNEL, "1612289992105"],
    [`${CHANNEL};messageid=1612289992105;other=1`, CHANNEL, "1612289992105"],
    [`${CHANNEL};other=1;messageid=1612289992105`, CHANNEL, "1612289992105"],
    [CHANNEL, CHANNEL, null],
    [`${CHANNEL};messageid=`, CHANNEL, null],
    [`${CHANNEL};messageid=latest`, CHANNEL, null],
    ["19:abc@thread.v2", "19:abc@thread.v2", null],
    ["a:1xyz", "a:1xyz", null],
    ["", "", null],
  ];
  for (const [conversationId, id, rootId] of SPLIT) {
    it(`are split: "${conversationId}"`, () => {
      assert.deepEqual(splitConversationId(conversationId), { id, rootId });
    });
  }

  it("come back from being joined and split", () => {
    const root = fc.option(fc.stringMatching(/^\d{1,20}$/));
    fc.assert(
      fc.property(fc.stringMatching(/^[^;]*$/), root, (id, rootId) => {
        assert.deepEqual(splitConversationId(joinConversationId(id, rootId)), { id, rootId });
      }),
    );
  });

  it("are joined as Teams writes them", () => {
    assert.equal(joinConversationId(CHANNEL, "17"), `${CHANNEL};messageid=17`);
    assert.equal(joinConversationId("19:abc@thread.v2", null), "19:abc@thread.v2");
  });
});

describe("activities", () => {
  const activity = {
    type: "message",
    id: "1612289992105",
    serviceUrl: "https://smba.trafficmanager.net/amer/",
    channelId: "msteams",
    from: { id: "29:1", name: "Ada", aadObjectId: "ada-id" },
    conversation: { id: `${CHANNEL};messageid=1612289992105`, conversationType: "channel", tenantId: "t" },
    text: "is down",
  };

  const BAD: readonly [title: string, change: object, path: string][] = [
    ["no type", { type: undefined }, "$.type"],
    ["no service URL", { serviceUrl: undefined }, "$.serviceUrl"],
    ["a service URL that is none", { serviceUrl: ["https://x"] }, "$.serviceUrl"],
    ["no sender", { from: undefined }, "$.from"],
    ["a sender without id", { from: { name: "Ada" } }, "$.from.id"],
    ["no conversation", { conversation: null }, "$.conversation"],
    ["an empty conversation id", { conversation: { id: "" } }, "$.conversation.id"],
    ["a tenant that is no text", { channelData: { tenant: { id: 5 } } }, "$.channelData.tenant.id"],
    ["a text that is none", { text: { toString: "is down" } }, "$.text"],
    ["a text of 200,001 characters", { text: "x".repeat(200_001) }, "$.text"],
    ["1,001 entities", { entities: Array(1_001).fill({}) }, "$.entities"],
    ["a timestamp that is a number", { timestamp: 5 }, "$.timestamp"],
  ];
  for (const [title, change, path] of BAD) {
    it(`are refused by path: ${title}`, () => {
      const says = new RegExp(`^activity: ${path.replaceAll(/[$.]/g, "\\$&")} [^"]+$`);
      assert.throws(() => parseTeamsActivity({ ...activity, ...change }), {
        code: "wire-shape",
        message: says,
      });
    });
  }

  const GOOD: readonly [title: string, change: object][] = [
    ["as Teams sends them", {}],
    [
      "an event without text, id or recipient",
      { type: "conversationUpdate", text: undefined, id: undefined },
    ],
    ["nulls where nothing is", { text: null, channelData: null, entities: null, recipient: null }],
    ["entities of any shape", { entities: ["x", null, 5, { type: "clientInfo" }] }],
    ["a timestamp that the adapter has read", { timestamp: new Date(0) }],
    ["a type of tomorrow", { type: "typingFaster" }],
    ["a text of 200,000 characters", { text: "x".repeat(200_000) }],
  ];
  for (const [title, change] of GOOD) {
    it(`are read: ${title}`, () => {
      assert.equal(parseTeamsActivity({ ...activity, ...change }).conversation.id, activity.conversation.id);
    });
  }

  it("shed what we do not read", () => {
    assert.deepEqual(parseTeamsActivity({ ...activity, attachments: ["is down"], locale: "en" }), activity);
  });
});

describe("mentions among an activity's entities", () => {
  const bot = { type: "mention", text: "<at>Earshot</at>", mentioned: { id: "28:bot", name: "Earshot" } };

  it("are read, and other entities passed over", () => {
    const others = [
      null,
      "mention",
      5,
      { type: "clientInfo" },
      { type: "mention" },
      { ...bot, mentioned: { id: 5 } },
      { ...bot, type: "clientInfo" },
    ];
    assert.deepEqual(readMentionEntities([...others, bot]), [
      { text: "<at>Earshot</at>", mentionedId: "28:bot", name: "Earshot" },
    ]);
  });

  it("may lack text and name", () => {
    assert.deepEqual(readMentionEntities([{ type: "mention", mentioned: { id: "29:ada" } }]), [
      { text: "", mentionedId: "29:ada", name: "" },
    ]);
  });

  it("are read from anything without throwing", () => {
    fc.assert(
      fc.property(fc.array(fc.anything()), (entities) => {
        assert.deepEqual(readMentionEntities([...entities, bot]).at(-1)?.mentionedId, "28:bot");
      }),
    );
  });
});
