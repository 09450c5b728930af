import assert from "node:assert/strict";
import fc from "fast-check";
import type { Message } from "../../src/model/message.ts";
import type { MessageAddress } from "../../src/model/trace.ts";
import {
  TENANT,
  BOT,
  ADA,
  CHANNEL,
  GROUP,
  MEETING,
  ROOT,
  OWN,
  CREATED,
  TEXT,
  activity,
  fromGraph,
  fromBotFramework,
} from "./said-by-ada.ts";

describe("a message from Graph", () => {
  it("is refused where the opened content is another message than the notification names", () => {
    const SWAPPED: readonly (readonly [change: object, at: Partial<MessageAddress>])[] = [
      [{ id: ROOT }, {}],
      [{ chatId: MEETING }, {}],
      [{ chatId: null, channelIdentity: { channelId: CHANNEL } }, {}],
      [{ replyToId: ROOT }, {}],
      [{}, { messageId: ROOT }],
      [{}, { conversationId: MEETING }],
      [{}, { replyToId: ROOT }],
    ];
    assert.equal(fromGraph().messageId, OWN);
    for (const [change, at] of SWAPPED) {
      assert.throws(() => fromGraph(change, at), {
        code: "content-not-openable",
        disposition: "park",
        message: "the opened message is not the one its notification names",
      });
    }
  });

  it("stands where its notification says, when its content does not say", () => {
    assert.equal(fromGraph({ chatId: null }).conversationId, GROUP);
  });

  const READ: readonly [title: string, change: object, expected: Partial<Message>][] = [
    ["a system event", { messageType: "systemEventMessage", from: null }, { kind: "system" }],
    [
      "a system event by its older name",
      { messageType: "unknownFutureValue", from: null },
      { kind: "system" },
    ],
    ["typing", { messageType: "typing" }, { kind: "system" }],
    ["a message without a type", { messageType: null }, { kind: "message" }],
    ["from nobody", { from: null }, { sender: { kind: "unknown", id: "", name: "" } }],
    [
      "from a device",
      { from: { user: null, application: null } },
      { sender: { kind: "unknown", id: "", name: "" } },
    ],
    [
      "from a bot",
      {
        from: {
          user: null,
          application: { id: BOT, displayName: "Earshot", applicationIdentityType: "bot" },
        },
      },
      { sender: { kind: "bot", id: BOT, name: "Earshot" } },
    ],
    [
      "from a connector without a name",
      {
        from: { application: { id: "c", displayName: null, applicationIdentityType: "office365Connector" } },
      },
      { sender: { kind: "bot", id: "c", name: "" } },
    ],
    [
      "from a person without a name",
      { from: { user: { id: ADA } } },
      { sender: { kind: "person", id: ADA, name: "" } },
    ],
    ["deleted", { deletedDateTime: CREATED, body: { content: "" } }, { isDeleted: true, text: "" }],
    ["without a body", { body: null }, { text: "" }],
    [
      "in plain text",
      { body: { contentType: "text", content: "a <b> &amp;  c" } },
      { text: "a <b> &amp; c" },
    ],
    ["edited", { etag: "1612290000999" }, { version: "1612290000999" }],
    ["without etag or instants", { etag: null, createdDateTime: null }, { version: OWN, createdAt: CREATED }],
    [
      "mentioning a team and a tag",
      {
        mentions: [
          { id: 1, mentioned: { conversation: { id: "team" } } },
          { id: 2, mentioned: null },
        ],
      },
      {
        mentions: [
          { kind: "other", id: "team" },
          { kind: "other", id: "" },
        ],
      },
    ],
  ];
  for (const [title, change, expected] of READ) {
    it(`is read: ${title}`, () => {
      assert.partialDeepStrictEqual(fromGraph(change), expected);
    });
  }

  it("between one person and the bot is personal", () => {
    const chatId = `19:${ADA}_${BOT}@unq.gbl.spaces`;
    assert.equal(fromGraph({ chatId }, { conversationId: chatId }).place, "personal");
    const legacy = "19:4a95f7d8db4c4e7fae857bcebe0623e6@thread.skype";
    assert.equal(fromGraph({ chatId: legacy }, { conversationId: legacy }).place, "channel");
  });
});

describe("a message from Bot Framework", () => {
  it("is refused without what every one from Teams has", () => {
    const BAD: readonly object[] = [
      { id: undefined },
      { id: "" },
      { conversation: { id: GROUP }, channelData: undefined },
      { conversation: { id: GROUP, tenantId: "" }, channelData: {} },
    ];
    for (const change of BAD) {
      assert.throws(() => fromBotFramework(change), {
        code: "wire-shape",
        message: "activity: $.id and $.conversation.tenantId must be there",
      });
    }
    assert.equal(fromBotFramework({ conversation: { id: GROUP } }).tenantId, TENANT);
  });

  const READ: readonly [title: string, change: object, expected: Partial<Message>][] = [
    ["without text", { text: null, entities: null }, { text: "", mentions: [] }],
    [
      "in a personal chat",
      { conversation: { ...activity.conversation, conversationType: "personal", id: "a:1xyz" } },
      { place: "personal", conversationId: "a:1xyz" },
    ],
    [
      "in a personal chat that does not say so",
      { conversation: { id: "a:1xyz", tenantId: TENANT } },
      { place: "personal" },
    ],
    [
      "from a guest",
      { from: { id: "29:guest", name: "Guest" } },
      { sender: { kind: "unknown", id: "", name: "Guest" } },
    ],
    ["from a bot", { from: { id: `28:${BOT}` } }, { sender: { kind: "bot", id: BOT, name: "" } }],
    [
      "mentioning a channel",
      { entities: [{ type: "mention", text: "", mentioned: { id: CHANNEL, name: "General" } }] },
      { mentions: [{ kind: "other", id: CHANNEL }], text: TEXT },
    ],
    ["with an id that is no instant", { id: "f:abc" }, { createdAt: "1970-01-01T00:00:00.000Z" }],
    ["with an id before all time", { id: "-9000000000000000" }, { createdAt: "1970-01-01T00:00:00.000Z" }],
  ];
  for (const [title, change, expected] of READ) {
    it(`is read: ${title}`, () => {
      assert.partialDeepStrictEqual(fromBotFramework(change), expected);
    });
  }

  it("is read whatever its id and its text are", () => {
    const id = fc.oneof(fc.string({ minLength: 1 }), fc.integer().map(String), fc.bigInt().map(String));
    fc.assert(
      fc.property(id, fc.string(), (messageId, text) => {
        fc.pre(messageId.length <= 256);
        const message = fromBotFramework({ id: messageId, text });
        assert.equal(message.messageId, messageId);
        assert.ok(!Number.isNaN(Date.parse(message.createdAt)));
      }),
    );
  });
});
