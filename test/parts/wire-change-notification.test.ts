import assert from "node:assert/strict";
import fc from "fast-check";
import { EarshotError } from "../../src/errors.ts";
import {
  parseChangeNotification,
  parseEncryptedContent,
  parseNotificationBatch,
} from "../../src/wire/change-notification.ts";
import { parseJson } from "../../src/wire/parse-json.ts";

/** Stands where a value is wrong: no report may hold it. */
const PRIVATE = "what Ada said in confidence";

const content = {
  data: "AAAA",
  dataSignature: "BBBB",
  dataKey: "CCCC",
  encryptionCertificateId: "key-1",
  encryptionCertificateThumbprint: "DDDD",
};
const item = {
  subscriptionId: "11111111-1111-1111-1111-111111111111",
  subscriptionExpirationDateTime: "2026-11-20T12:00:00Z",
  clientState: "state",
  tenantId: "22222222-2222-2222-2222-222222222222",
  changeType: "created",
  resource: "chats('19:a@thread.v2')/messages('1')",
  resourceData: { id: "1", "@odata.type": "#Microsoft.Graph.chatMessage" },
  encryptedContent: content,
};

function readFault(parse: () => unknown): string {
  try {
    parse();
  } catch (error) {
    assert.ok(error instanceof EarshotError, String(error));
    assert.equal(error.code, "wire-shape");
    assert.equal(error.disposition, "park");
    return error.message;
  }
  return assert.fail("nothing was refused");
}

type Fault = readonly [title: string, input: unknown, says: string];

describe("change notifications: the envelope", () => {
  const BAD: readonly Fault[] = [
    ["nothing", undefined, "notification batch: $ must be of type object"],
    ["null", null, "notification batch: $ must be of type object"],
    ["a text", PRIVATE, "notification batch: $ must be of type object"],
    ["a list", [PRIVATE], "notification batch: $ must be of type object"],
    ["no value", {}, "notification batch: $.value must be of type array"],
    ["value is null", { value: null }, "notification batch: $.value must be of type array"],
    ["value is an object", { value: { 0: PRIVATE } }, "notification batch: $.value must be of type array"],
    ["2,001 items", { value: Array(2_001).fill(PRIVATE) }, "notification batch: $.value is larger than 2000"],
    [
      "tokens are one text",
      { value: [], validationTokens: PRIVATE },
      "notification batch: $.validationTokens must be of type array",
    ],
    [
      "one token is no text",
      { value: [], validationTokens: ["good", { token: PRIVATE }] },
      "notification batch: $.validationTokens[1] must be of type string",
    ],
    [
      "one token is huge",
      { value: [], validationTokens: [PRIVATE.repeat(1_000)] },
      "notification batch: $.validationTokens[0] is larger than 16384",
    ],
    [
      "201 tokens",
      { value: [], validationTokens: Array(201).fill(PRIVATE) },
      "notification batch: $.validationTokens is larger than 200",
    ],
  ];
  for (const [title, input, says] of BAD) {
    it(`is refused by its path alone: ${title}`, () => {
      assert.equal(
        readFault(() => parseNotificationBatch(input)),
        says,
      );
    });
  }

  const GOOD: readonly [title: string, input: object, items: number, tokens: number][] = [
    ["no items", { value: [] }, 0, 0],
    ["2,000 items", { value: Array(2_000).fill({}) }, 2_000, 0],
    ["tokens are null", { value: [item], validationTokens: null }, 1, 0],
    ["tokens", { value: [item, item], validationTokens: ["a", "b".repeat(16_384)] }, 2, 2],
    ["fields we do not know", { value: [item], "@odata.context": PRIVATE }, 1, 0],
  ];
  for (const [title, input, items, tokens] of GOOD) {
    it(`is read: ${title}`, () => {
      const batch = parseNotificationBatch(input);
      assert.deepEqual([batch.items.length, batch.validationTokens.length], [items, tokens]);
    });
  }

  it("leaves its items unread, so that a bad one spoils no other", () => {
    const value = [item, PRIVATE, null, { tenantId: 5 }];
    assert.deepEqual(parseNotificationBatch({ value }).items, value);
  });

  it("names no more than five faults, however many there are", () => {
    const says = readFault(() => parseNotificationBatch({ value: [], validationTokens: Array(150).fill(1) }));
    assert.equal(says.split("; ").length, 5);
  });
});

describe("change notifications: an item", () => {
  const BAD: readonly Fault[] = [
    ["a text", PRIVATE, "change notification: $ must be of type object"],
    ["null", null, "change notification: $ must be of type object"],
    [
      "no ids",
      { ...item, subscriptionId: undefined, tenantId: undefined },
      "change notification: $.subscriptionId must be of type string; $.tenantId must be of type string",
    ],
    ["an empty tenant", { ...item, tenantId: "" }, "change notification: $.tenantId is smaller than 1"],
    [
      "a huge client state",
      { ...item, clientState: PRIVATE.repeat(10) },
      "change notification: $.clientState is larger than 255",
    ],
    [
      "a huge resource",
      { ...item, resource: PRIVATE.repeat(100) },
      "change notification: $.resource is larger than 2048",
    ],
    [
      "resource data that is a text",
      { ...item, resourceData: PRIVATE },
      "change notification: $.resourceData must be of type object",
    ],
    [
      "content without its key",
      { ...item, encryptedContent: { ...content, dataKey: undefined } },
      "change notification: $.encryptedContent.dataKey must be of type string",
    ],
    [
      "content without ciphertext",
      { ...item, encryptedContent: { ...content, data: "" } },
      "change notification: $.encryptedContent.data is smaller than 1",
    ],
  ];
  for (const [title, input, says] of BAD) {
    it(`is refused by its path alone: ${title}`, () => {
      assert.equal(
        readFault(() => parseChangeNotification(input)),
        says,
      );
    });
  }

  const GOOD: readonly [title: string, change: object][] = [
    ["as Graph sends it", {}],
    ["without content", { encryptedContent: undefined }],
    ["with content that is null", { encryptedContent: null }],
    ["with nulls where Graph may have them", { clientState: null, resourceData: null }],
    ["a lifecycle event", { changeType: undefined, lifecycleEvent: "missed", resource: undefined }],
    ["a change type of tomorrow", { changeType: "pinned" }],
  ];
  for (const [title, change] of GOOD) {
    it(`is read: ${title}`, () => {
      const read = parseChangeNotification({ ...item, ...change });
      assert.equal(read.subscriptionId, item.subscriptionId);
      assert.equal(read.tenantId, item.tenantId);
    });
  }

  it("carries its content as it came", () => {
    assert.deepEqual(parseChangeNotification(item).encryptedContent, content);
    assert.deepEqual(parseEncryptedContent(content), content);
  });

  it("sheds fields that we do not read, among them a forged prototype", () => {
    const forged: unknown = JSON.parse(
      `{"subscriptionId":"s","tenantId":"t","__proto__":{"admin":true},"x":1}`,
    );
    const read = parseChangeNotification(forged);
    assert.deepEqual(Object.keys(read), ["subscriptionId", "tenantId"]);
    assert.equal("admin" in read, false);
  });

  it("refuses whatever else comes with `wire-shape` and no other error", () => {
    fc.assert(
      fc.property(fc.anything(), (input) => {
        assert.match(
          readFault(() => parseChangeNotification(input)),
          /^change notification: \$/,
        );
        assert.match(
          readFault(() => parseEncryptedContent(input)),
          /^encrypted content: \$/,
        );
      }),
    );
  });
});

describe("JSON from outside", () => {
  it("is refused without being quoted", () => {
    const says = readFault(() => parseJson(`{"text": "${PRIVATE}`, "stored content"));
    assert.equal(says, "stored content is not JSON");
  });
  it("is read", () => {
    assert.deepEqual(parseJson(`{"text": "${PRIVATE}"}`, "stored content"), { text: PRIVATE });
  });
});
