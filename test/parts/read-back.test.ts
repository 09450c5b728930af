import assert from "node:assert/strict";
import fc from "fast-check";
import { planPollPace } from "../../src/subscriptions/poll-pace.ts";
import { readBack } from "../../src/subscriptions/read-back.ts";
import { formatReadingPlace, parseReadingPlace } from "../../src/subscriptions/reading-place.ts";
import { planSweepDelay, readBeginning } from "../../src/subscriptions/reading-times.ts";

const SINCE = Date.parse("2026-03-01T12:00:00Z");
const BEFORE = "2026-03-01T11:59:59.999Z";
const AFTER = "2026-03-01T12:00:00Z";
const CHANNEL = { tenantId: "tenant", conversationId: "19:c" };
const message = (id: string, change: object = {}) => ({
  ...{ id, etag: id, messageType: "message", replyToId: null, createdDateTime: AFTER },
  ...{ lastEditedDateTime: null, deletedDateTime: null, body: { contentType: "text", content: "hello" } },
  ...change,
});

describe("what is read back", () => {
  const sealed: string[] = [];
  const read = (messages: readonly unknown[]) => {
    const seal = (text: string) => {
      sealed.push(text);
      return { data: "ZGF0YQ==", dataSignature: "c2ln", dataKey: "a2V5", encryptionCertificateId: "cert" };
    };
    return readBack(messages, CHANNEL, { seal, since: SINCE, now: 9 });
  };
  const outcomes = (messages: readonly unknown[]) =>
    read(messages).notifications.map(
      ({ changeType, version, message: { messageId, replyToId } }) =>
        `${changeType} ${replyToId ?? ""}/${messageId} ${version}`,
    );

  const TABLE: readonly (readonly [title: string, message: unknown, expected: readonly string[]])[] = [
    ["one said since", message("1"), ["created /1 1"]],
    ["a reply", message("2", { replyToId: "1" }), ["created 1/2 2"]],
    [
      "one said before, and changed since by a reaction alone",
      message("1", { createdDateTime: BEFORE, etag: "5" }),
      [],
    ],
    [
      "one said before, and edited since",
      message("1", { createdDateTime: BEFORE, lastEditedDateTime: AFTER, etag: "5" }),
      ["updated /1 5"],
    ],
    [
      "one said and edited since: as it stands",
      message("1", { lastEditedDateTime: AFTER, etag: "5" }),
      ["created /1 1"],
    ],
    ["one deleted", message("1", { deletedDateTime: AFTER }), ["deleted /1 1"]],
    [
      "one said before and deleted",
      message("1", { createdDateTime: BEFORE, deletedDateTime: AFTER }),
      ["deleted /1 1"],
    ],
    ["one deleted before", message("1", { createdDateTime: BEFORE, deletedDateTime: BEFORE }), []],
    [
      "one deleted nobody can say when",
      message("1", { createdDateTime: BEFORE, deletedDateTime: "yesterday" }),
      ["deleted /1 1"],
    ],
    ["a word of the system", message("1", { messageType: "systemEventMessage" }), []],
    ["one of a kind that is new", message("1", { messageType: "unknownFutureValue" }), []],
    ["one without an instant", message("1", { createdDateTime: null }), []],
  ];
  for (const [title, one, expected] of TABLE) {
    it(`is, of ${title}: ${expected.join() || "nothing"}`, () => {
      assert.deepEqual(outcomes([one]), expected);
    });
  }

  it("comes the earliest first, each by itself", () => {
    sealed.length = 0;
    const replies = [message("15", { replyToId: "10" })];
    assert.deepEqual(outcomes([message("20"), message("10", { replies }), ...replies]), [
      "created /10 10",
      "created 10/15 15",
      "created /20 20",
    ]);
    assert.ok(!sealed.some((text) => text.includes("replies")), "replies are not sealed into their root");
  });

  it("holds of a deleted one nothing that was said", () => {
    assert.equal(read([message("1", { deletedDateTime: AFTER })]).notifications[0]?.sealed, "");
  });

  it("counts what is no message, and loses nothing beside it", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.jsonValue(), fc.constant(message("7"))), { maxLength: 6 }),
        (messages) => {
          const { notifications, malformed } = read(messages);
          const good = messages.filter((one) => JSON.stringify(one) === JSON.stringify(message("7"))).length;
          assert.equal(notifications.length, good);
          assert.ok(malformed <= messages.length - good);
        },
      ),
    );
  });
});

describe("the pace of polling", () => {
  const TABLE = [
    ["a first reading", 0, false, 1, 60_000],
    ["one that found something", 900_000, true, 1, 60_000],
    ["a quiet one", 60_000, false, 1, 90_000],
    ["one that is not a whole number of them", 303_751, false, 1, 455_627],
    ["a long quiet one", 800_000, false, 1, 900_000],
    ["one of hundreds, of which something was found", 60_000, true, 300, 600_000],
    ["one of thousands", 900_000, false, 1_000, 2_000_000],
  ] as const;
  for (const [title, previousMs, foundNew, polledInTenant, expected] of TABLE) {
    it(`after ${title} is ${expected / 1_000} s`, () => {
      assert.equal(planPollPace({ previousMs, foundNew, polledInTenant }), expected);
    });
  }
});

describe("where a reading goes on", () => {
  const begun = { at: 5, since: 3, openedAt: 4 };
  it("is read as it was written, under way and done", () => {
    for (const place of [
      { link: "/next", begun },
      { link: "/later", begun: null },
    ])
      assert.deepEqual(parseReadingPlace(formatReadingPlace(place)), place);
  });
  it("is nowhere, where it cannot be read", () => {
    const bad = [null, "", "link", "7", "null", "{}", '{"link":7}', '{"link":"/n","begun":{"at":1}}'];
    for (const cursor of bad) assert.equal(parseReadingPlace(cursor), null);
  });
});

describe("the times of reading", () => {
  const HOUR = 60 * 60_000;
  const begin = (heardUntil: number, rememberedMs: number) =>
    readBeginning({ heardUntil: heardUntil * HOUR, now: 100 * HOUR, rememberedMs: rememberedMs * HOUR }) /
    HOUR;

  it("begin at the watermark, but not before what is surely remembered", () => {
    assert.deepEqual([begin(99, 72), begin(29, 72), begin(28, 72), begin(0, 6)], [99, 29, 29, 95]);
    assert.equal(begin(0, 0.5), 100, "never later than now");
  });
  it("come back so soon that nothing of what is between is forgotten", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 6, max: 2_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (hours, chance) => {
          const delay = planSweepDelay(hours * HOUR, chance);
          assert.ok(delay > 0 && delay <= 24 * HOUR);
          const watermark = 0;
          const beginning = readBeginning({ heardUntil: watermark, now: delay, rememberedMs: hours * HOUR });
          assert.equal(beginning, watermark);
        },
      ),
    );
    assert.equal(planSweepDelay(72 * HOUR, 0), 24 * HOUR);
  });
});
