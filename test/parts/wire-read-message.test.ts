import assert from "node:assert/strict";
import type { Message } from "../../src/model/message.ts";
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
  botEntity,
  activity,
  fromGraph,
  fromBotFramework,
} from "./said-by-ada.ts";

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
