import assert from "node:assert/strict";
import fc from "fast-check";
import type { Message } from "../../src/model/message.ts";
import type { MessageAddress } from "../../src/model/trace.ts";
import { parseTeamsActivity } from "../../src/wire/activity.ts";
import { parseChatMessage } from "../../src/wire/chat-message.ts";
import { readActivityMessage, readChatMessage } from "../../src/wire/read-message.ts";

const TENANT = "2432b57b-0abd-43db-aa7b-16eadd115d34";
const BOT = "0d0d0d0d-0000-0000-0000-00000000000b";
const ADA = "8ea0e38b-efb3-4757-924a-5f94061cf8c2";
const CHANNEL = "19:4a95f7d8db4c4e7fae857bcebe0623e6@thread.tacv2";
const GROUP = "19:2da4c29f6d7041eca70b638b43d45437@thread.v2";
const MEETING = "19:meeting_MjdhNjM4YzUtYzExZi00OTFkLTkzZTA@thread.v2";
const ROOT = "1612289992105";
const OWN = "1612290000000";
const CREATED = new Date(Number(OWN)).toISOString();

const botMention = {
  id: 0,
  mentionText: "Earshot",
  mentioned: { application: { id: BOT, displayName: "Earshot", applicationIdentityType: "bot" }, user: null },
};
const botEntity = {
  type: "mention",
  text: "<at>Earshot</at>",
  mentioned: { id: `28:${BOT}`, name: "Earshot" },
};
const HTML = '<p><at id="0">Earshot</at>&nbsp;the wifi &amp; the <b>VPN</b> are down<br>again</p>';
const TEXT = "<at>Earshot</at> the wifi & the VPN are down\nagain";

/** Graph's snapshot of what Ada said. */
const chatMessage = {
  id: OWN,
  etag: OWN,
  messageType: "message",
  replyToId: null,
  chatId: null,
  channelIdentity: null,
  createdDateTime: CREATED,
  lastModifiedDateTime: CREATED,
  lastEditedDateTime: null,
  deletedDateTime: null,
  from: {
    application: null,
    device: null,
    user: { id: ADA, displayName: "Ada", userIdentityType: "aadUser", tenantId: TENANT },
  },
  body: { contentType: "html", content: HTML },
  attachments: [],
  mentions: [botMention],
  reactions: [],
};
/** The same, as Bot Framework brings it. */
const activity = {
  type: "message",
  id: OWN,
  timestamp: CREATED,
  serviceUrl: `https://smba.trafficmanager.net/amer/${TENANT}/`,
  channelId: "msteams",
  from: { id: "29:1ada", name: "Ada", aadObjectId: ADA },
  recipient: { id: `28:${BOT}`, name: "Earshot" },
  conversation: { isGroup: true, conversationType: "groupChat", id: GROUP, tenantId: TENANT },
  channelData: { tenant: { id: TENANT } },
  text: TEXT,
  textFormat: "plain",
  entities: [botEntity, { type: "clientInfo", locale: "en-US" }],
};
const address: MessageAddress = {
  tenantId: TENANT,
  conversationId: GROUP,
  replyToId: null,
  messageId: OWN,
};

const fromGraph = (change: object = {}, at: Partial<MessageAddress> = {}) =>
  readChatMessage(parseChatMessage({ ...chatMessage, chatId: GROUP, ...change }), { ...address, ...at });
const fromBotFramework = (change: object = {}) =>
  readActivityMessage(parseTeamsActivity({ ...activity, ...change }));

describe("one message by both ears", () => {
  const channelIdentity = { teamId: "fbe2bf47-16c8-47cf-b4a5-4b9b187c508b", channelId: CHANNEL };
  const inThread = (rootId: string) => ({
    conversation: {
      isGroup: true,
      conversationType: "channel",
      id: `${CHANNEL};messageid=${rootId}`,
      tenantId: TENANT,
    },
    channelData: { tenant: { id: TENANT }, channel: { id: CHANNEL }, team: { id: CHANNEL } },
  });

  const PLACES: readonly [
    title: string,
    chat: object,
    said: object,
    expected: Pick<Message, "place" | "conversationId" | "replyToId">,
  ][] = [
    [
      "the root of a thread in a channel",
      { chatId: null, channelIdentity },
      inThread(OWN),
      { place: "channel", conversationId: CHANNEL, replyToId: null },
    ],
    [
      "a reply in a channel",
      { chatId: null, channelIdentity, replyToId: ROOT },
      inThread(ROOT),
      { place: "channel", conversationId: CHANNEL, replyToId: ROOT },
    ],
    ["a group chat", {}, {}, { place: "chat", conversationId: GROUP, replyToId: null }],
    [
      "a meeting's chat",
      { chatId: MEETING },
      {
        conversation: { isGroup: true, conversationType: "groupChat", id: MEETING, tenantId: TENANT },
        channelData: { tenant: { id: TENANT }, meeting: { id: "x" } },
      },
      { place: "chat", conversationId: MEETING, replyToId: null },
    ],
    [
      "a tenant in capitals",
      {},
      { conversation: { ...activity.conversation, tenantId: TENANT.toUpperCase() } },
      { place: "chat", conversationId: GROUP, replyToId: null },
    ],
  ];
  for (const [title, chat, said, where] of PLACES) {
    it(`is the same: ${title}`, () => {
      const heard = fromBotFramework(said);
      assert.deepEqual(fromGraph(chat, { ...where }), heard);
      assert.deepEqual(heard, {
        tenantId: TENANT,
        messageId: OWN,
        ...where,
        version: OWN,
        kind: "message",
        sender: { kind: "person", id: ADA, name: "Ada" },
        text: "the wifi & the VPN are down\nagain",
        mentions: [{ kind: "bot", id: BOT }],
        createdAt: CREATED,
        isDeleted: false,
      });
    });
  }

  const SAID: readonly [title: string, html: string, text: string, both: string][] = [
    ["the mention in the middle", 'ask <at id="0">Earshot</at> now', "ask <at>Earshot</at> now", "ask now"],
    ["the mention within a word", 'a<at id="0">Earshot</at>b', "a<at>Earshot</at>b", "a b"],
    [
      "the mention twice",
      '<at id="0">Earshot</at> <at id="0">Earshot</at> hi',
      `${botEntity.text} ${botEntity.text} hi`,
      "hi",
    ],
    ["the mention alone", '<at id="0">Earshot</at>', "<at>Earshot</at>", ""],
    ["its name without a mention", "Earshot hears", "Earshot hears", "Earshot hears"],
    ["what looks like a tag", "a &lt;b&gt; c", "a <b> c", "a <b> c"],
  ];
  for (const [title, content, text, both] of SAID) {
    it(`says the same: ${title}`, () => {
      assert.equal(fromGraph({ body: { contentType: "html", content } }).text, both);
      assert.equal(fromBotFramework({ text }).text, both);
    });
  }

  it("keeps a person's name where one is mentioned, whatever the name is", () => {
    for (const name of ["Grace", "$&$&", "$`", "\\1"]) {
      const mentioned = { user: { id: "grace-id", displayName: name } };
      const heard = fromGraph({
        body: { contentType: "html", content: `<at id="1">${name}</at> knows` },
        mentions: [{ id: 1, mentionText: name, mentioned }],
      });
      const told = fromBotFramework({
        text: `<at>${name}</at> knows`,
        entities: [{ type: "mention", text: `<at>${name}</at>`, mentioned: { id: "29:grace", name } }],
      });
      assert.equal(heard.text, `${name} knows`);
      assert.equal(told.text, `${name} knows`);
      assert.deepEqual([heard.mentions[0]?.kind, told.mentions[0]?.kind], ["person", "person"]);
    }
  });
});

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
