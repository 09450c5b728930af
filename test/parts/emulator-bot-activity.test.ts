/** What a bot may send, what Teams refuses of it, and what the tenant says that it cannot show. */
import assert from "node:assert/strict";
import { CardFactory, MessageFactory } from "botbuilder";
import { parseBotActivity } from "../../src/emulator/bot-activity.ts";

const MIRA = { id: "29:mira", name: "Mira Lindqvist" };
const CARD = { type: "AdaptiveCard", version: "1.5", body: [] };
const parse = (activity: object) =>
  parseBotActivity({ type: "message", text: "hello", ...activity }, (id) =>
    id === MIRA.id ? "mira" : undefined,
  );
const mention = (more: object) => ({ type: "mention", text: "<at>Mira</at>", mentioned: MIRA, ...more });

describe("what a bot may send", () => {
  it("is words, mentions and Adaptive Cards", () => {
    assert.deepEqual(parse({}), { kind: "message", parts: [{ text: "hello" }], cards: [] });
    const attachments = [{ contentType: "application/vnd.microsoft.card.adaptive", content: CARD }];
    assert.deepEqual(parse({ text: "", attachments }), { kind: "message", parts: [], cards: [CARD] });
    assert.deepEqual(parse({ text: "see <at>Mira</at>", entities: [mention({})] }), {
      ...{ kind: "message", cards: [] },
      parts: [{ text: "see " }, { mention: { id: "mira", name: MIRA.name } }],
    });
    assert.deepEqual(
      parseBotActivity({ type: "typing" }, () => undefined),
      { kind: "typing" },
    );
  });

  it("may have what clients write unasked", () => {
    const card = CardFactory.adaptiveCard(CARD);
    const unasked: object[] = [
      MessageFactory.text("hello"),
      { ...MessageFactory.attachment(card, "hello"), summary: "a card" },
      { textFormat: "plain", importance: "normal", deliveryMode: "normal", attachmentLayout: "list" },
      { suggestedActions: null, speak: "", channelData: {}, membersAdded: [], entities: [] },
      { suggestedActions: { to: [], actions: [] }, channelData: { notification: { alert: false } } },
      { channelData: { tenant: { id: "t" }, team: { id: "19:t" }, channel: { id: "19:c" } } },
      {
        ...{ id: "1", timestamp: "now", serviceUrl: "https://s/", channelId: "msteams", locale: "en-US" },
        ...{ from: MIRA, recipient: MIRA, conversation: { id: "19:c" }, replyToId: "2" },
      },
    ];
    for (const fields of unasked) {
      const { kind } = parse(fields);
      assert.equal(kind, "message", JSON.stringify(fields));
    }
  });

  it("is refused by name where it cannot be shown", () => {
    const hero = { contentType: "application/vnd.microsoft.card.hero", content: { title: "T" } };
    const picture = { contentType: "image/png", contentUrl: "https://pictures.example/1.png" };
    const unshown: [fields: object, named: RegExp][] = [
      [{ attachments: [hero] }, /card\.hero'/],
      [{ attachments: [picture] }, /'image\/png'/],
      [
        { suggestedActions: { actions: [{ type: "imBack", title: "Yes", value: "yes" }] } },
        /suggestedActions/,
      ],
      [{ channelData: { notification: { alert: true } } }, /channelData\.notification/],
      [{ channelData: { feedbackLoopEnabled: true } }, /channelData\.feedbackLoopEnabled/],
      [{ importance: "high" }, /importance "high"/],
      [{ attachmentLayout: "carousel" }, /attachmentLayout "carousel"/],
      [{ deliveryMode: "notification" }, /deliveryMode/],
      [{ textFormat: "markdown" }, /textFormat "markdown"/],
      [{ textFormat: "xml" }, /textFormat "xml"/],
      [{ speak: "hello" }, /speak/],
      [{ value: { x: 1 } }, /value/],
      [{ entities: [{ type: "https://schema.org/Message" }] }, /schema\.org/],
      [{ type: "typing", channelData: { streamType: "informative" } }, /channelData\.streamType/],
    ];
    for (const [fields, named] of unshown) {
      assert.throws(() => parse(fields), { status: 501, code: "NotEmulated", message: named });
    }
  });

  it("is refused as by Teams where it is wrong", () => {
    const text = "see <at>Mira</at>";
    const wrong: [fields: object, message: RegExp][] = [
      [{ text: "" }, /non empty 'text'/],
      [{ type: "dance" }, /'dance'/],
      [{ text: 7 }, /malformed/],
      [{ attachments: [{ contentType: "application/vnd.microsoft.card.adaptive" }] }, /no content/],
      [{ text: "see Mira", entities: [mention({})] }, /does not match text/],
      [{ text, entities: [mention({ text: "Mira" })] }, /text is not valid/],
      [{ text, entities: [mention({ text: null })] }, /text is not valid/],
      [{ text, entities: [mention({ mentioned: null })] }, /Invalid mention/],
    ];
    for (const [fields, message] of wrong) {
      assert.throws(() => parse(fields), { status: 400, code: "BadSyntax", message });
    }
    assert.equal(parse({ text, entities: [mention({})] }).kind, "message", "the twin");
    assert.deepEqual(parse({ text, entities: [mention({ mentioned: { id: "29:nobody" } })] }), {
      ...{ kind: "message", cards: [], parts: [{ text }] },
    });
  });
});
