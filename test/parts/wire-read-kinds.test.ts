/** What is read from each kind of message, in the shape in which the emulated tenant shows it. */
import assert from "node:assert/strict";
import { formatSealedChatMessage } from "../../src/emulator/chat-message-resource.ts";
import { BOT, createSeed } from "../../src/emulator/seed.ts";
import type { Author, Place, StoredMessage } from "../../src/emulator/tenant-model.ts";
import type { Message } from "../../src/model/message.ts";
import { parseChatMessage } from "../../src/wire/chat-message.ts";
import { readChatMessage } from "../../src/wire/read-message.ts";

const [organisation] = createSeed(1_700_000_000_000, false).customers;
const [mira, tomas] = organisation!.people;
const [team] = organisation!.teams;
const channel = team!.channels[1]!;
const place: Place = { kind: "channel", organisation: organisation!, team: team!, channel };
const MIRA: Author = { id: mira!.id, name: mira!.name, isBot: false };
const TOMAS: Author = { id: tomas!.id, name: tomas!.name, isBot: false };
const CARD = { type: "AdaptiveCard", body: [{ type: "TextBlock", text: "a card" }] };
const ID = "1700000000000";

const said: StoredMessage = {
  ...{
    key: "a key",
    tenantId: organisation!.id,
    conversationId: channel.id,
    rootId: null,
    id: ID,
    version: ID,
  },
  ...{ author: MIRA, createdAtMs: Number(ID), modifiedAtMs: Number(ID), editedAtMs: null, deletedAtMs: null },
  ...{ parts: [{ text: "own words" }], cards: [], reactions: [] },
};
const PERSON = { kind: "person", id: MIRA.id, name: MIRA.name } as const;
const BYTES = Buffer.from("bytes");
const hosted = { id: "aWQ", type: "image/png", bytes: BYTES, graphUrl: "https://graph.microsoft.com" };
const quote = { kind: "quote", id: "1", preview: "quoted words", sender: TOMAS } as const;
const forward = {
  ...({ kind: "forward", id: "2", messageId: "1", conversationId: channel.id } as const),
  ...{ html: "<p>forwarded words</p>", sender: TOMAS, sentAtMs: 1 },
};

const KINDS: Readonly<Record<string, readonly [message: Partial<StoredMessage>, read: Partial<Message>]>> = {
  "plain words": [{}, { text: "own words", sender: PERSON, kind: "message", isDeleted: false }],
  "a name of two words": [
    { parts: [{ mention: { id: TOMAS.id, name: TOMAS.name } }, { text: " knows" }] },
    {
      text: "Tomás Herrera knows",
      mentions: [
        { kind: "person", id: TOMAS.id },
        { kind: "person", id: TOMAS.id },
      ],
    },
  ],
  "the channel's name": [
    { parts: [{ mention: { id: channel.id, name: channel.name } }, { text: " please" }] },
    { text: "Outages please", mentions: [{ kind: "other", id: channel.id }] },
  ],
  "the bot's name": [
    { parts: [{ mention: { id: BOT.id, name: BOT.name } }, { text: " help" }] },
    { text: "help", mentions: [{ kind: "bot", id: BOT.id }] },
  ],
  "a file": [
    {
      attachments: [{ kind: "file", id: "3", name: "plan.docx", url: "https://contoso.sharepoint.com/plan" }],
    },
    { text: "own words" },
  ],
  "a card": [{ cards: [CARD] }, { text: "own words" }],
  "a card alone": [{ cards: [CARD], parts: [{ text: "" }] }, { text: "" }],
  "a quote": [{ attachments: [quote] }, { text: "own words" }],
  "a quote of another, mentioning": [
    { attachments: [quote], parts: [{ mention: { id: BOT.id, name: BOT.name } }, { text: " yes" }] },
    { text: "yes", mentions: [{ kind: "bot", id: BOT.id }] },
  ],
  "a forwarded message": [{ attachments: [forward] }, { text: "own words" }],
  "a forwarded message alone": [{ attachments: [forward], parts: [] }, { text: "" }],
  "a picture": [
    { hostedContents: [{ ...hosted, picture: { alt: "a map", widthPx: 1, heightPx: 1 } }] },
    { text: "own words\na map" },
  ],
  code: [
    {
      hostedContents: [{ ...hosted, type: "text/plain", picture: null }],
      attachments: [{ kind: "code", id: "4", language: "python", lineCount: 1, hostedContentId: hosted.id }],
    },
    { text: "own words" },
  ],
  "a body as Teams formats it": [
    {
      html: '<p>to do <emoji id="smile" alt="🙂" title="Smile"></emoji></p><ul><li>one</li><li>two</li></ul><codeblock class="Python"><code>exit()</code></codeblock>',
    },
    { text: "to do 🙂\none\ntwo\nexit()" },
  ],
  "a subject, urgently": [{ subject: "VPN", importance: "urgent" }, { text: "own words" }],
  "another program": [
    { author: { id: "app", name: "Jira", isBot: true } },
    { text: "own words", sender: { kind: "bot", id: "app", name: "Jira" } },
  ],
  "another program's connector": [
    { author: { id: "app", name: "Weather", isBot: true, applicationType: "office365Connector" } },
    { sender: { kind: "bot", id: "app", name: "Weather" } },
  ],
  "what Teams says of itself": [
    {
      ...{ author: { id: "", name: "", isBot: false }, parts: [] },
      systemEvent: { name: "membersAdded", detail: { members: [] }, text: "Mira added Tomás." },
    },
    { text: "", kind: "system", sender: { kind: "unknown", id: "", name: "" } },
  ],
  "what a policy blocked": [
    { policyViolation: { action: "blockAccess", conditions: ["Credit card number"] } },
    { text: "", isDeleted: true },
  ],
  "what a policy warned of": [
    { policyViolation: { action: "notifySender", conditions: ["Credit card number"] } },
    { text: "own words", isDeleted: false },
  ],
  "what was deleted": [
    { deletedAtMs: Number(ID) + 1, parts: [] },
    { text: "", isDeleted: true },
  ],
};

describe("each kind of message, as Graph shows it", () => {
  const address = {
    ...{ tenantId: organisation!.id, conversationId: channel.id, replyToId: null, messageId: ID },
  };
  const read = (shown: unknown) => readChatMessage(parseChatMessage(shown), address);
  const show = (message: Partial<StoredMessage>) =>
    formatSealedChatMessage({ ...said, ...message }, place, BOT);

  for (const [what, [message, expected]] of Object.entries(KINDS)) {
    it(`is read: ${what}`, () => {
      const found = read(JSON.parse(JSON.stringify(show(message))));
      const names = Object.keys(expected) as (keyof Message)[];
      assert.deepEqual(Object.fromEntries(names.map((name) => [name, found[name]])), expected);
    });
  }

  it("is read as taken from its readers in each spelling of a block, even where its words come along", () => {
    const actions: Readonly<Record<string, boolean>> = {
      blockAccess: true,
      "notifySender,blockAccess": true,
      "NotifySender, BlockAccess": true,
      none: false,
      notifySender: false,
      blockAccessExternal: false,
    };
    for (const [dlpAction, isBlocked] of Object.entries(actions)) {
      const { isDeleted, text } = read({ ...show({}), policyViolation: { dlpAction } });
      assert.deepEqual([isDeleted, text], isBlocked ? [true, ""] : [false, "own words"], dlpAction);
    }
    assert.equal(read({ ...show({}), policyViolation: {} }).isDeleted, false);
  });

  it("is Teams' own under each of its names", () => {
    for (const messageType of ["systemEventMessage", "unknownFutureValue", "chatEvent", "typing"]) {
      assert.equal(read({ ...show({}), messageType }).kind, "system");
    }
    assert.equal(read({ ...show({}), messageType: "message" }).kind, "message");
  });
});
