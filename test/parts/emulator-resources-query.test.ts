/** What the bot asks for and what the emulated Graph reads, each written from the documents by itself. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { meetsQuery, type MessageQuery } from "../../src/emulator/message-query.ts";
import { readScope } from "../../src/emulator/read-scope.ts";
import type { Change, Part, StoredMessage } from "../../src/emulator/tenant-model.ts";
import type { ListenQuery } from "../../src/model/listen.ts";
import { formatListenResources } from "../../src/subscriptions/format-listen-resource.ts";

const chatId = "19:a@thread.v2";

function readQuery(query: ListenQuery): MessageQuery | null {
  const [resource = ""] = formatListenResources({
    ...{ kind: "chat", chatId, query, content: "encrypted", wantedBy: "chat" },
  });
  const read = readScope(resource);
  assert.deepEqual(read.scope, { kind: "chat", chatId });
  return read.query;
}

const say = (...parts: Part[]) => ({ parts }) as unknown as StoredMessage;
const change = (
  cause: Extract<Change, { kind: "message" }>["cause"],
  message: StoredMessage,
  before: StoredMessage | null = null,
) => ({ kind: "message", cause, message, before }) as Extract<Change, { kind: "message" }>;

describe("emulated tenant: which messages a subscription asks for", () => {
  it("reads every search that the bot asks for, and finds the text itself by it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), (text) => {
        const isSearchable = /[\p{L}\p{N}]/u.test(text);
        if (!isSearchable) return;
        const query = readQuery({ kind: "search", text });
        assert.equal(query?.kind, "words");
        assert.equal(meetsQuery(query, change("posted", say({ text }))), true);
        assert.equal(meetsQuery(query, change("posted", say({ text: "" }))), false);
      }),
    );
  });

  it("reads every mention that the bot asks for", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (personId) => {
        const query = readQuery({ kind: "mentioning", personId });
        assert.deepEqual(query, { kind: "mention", personId: personId.toLowerCase() });
      }),
    );
  });

  const words: MessageQuery = { kind: "words", words: ["lift", "down"] };
  const mention: MessageQuery = { kind: "mention", personId: "p" };
  const table: [what: string, query: MessageQuery | null, text: Part[], isTold: boolean][] = [
    ["without a query all", null, [{ text: "anything" }], true],
    ["whole words in any order and case", words, [{ text: "Down, says the LIFT" }], true],
    ["no parts of words", words, [{ text: "downstairs by the lift" }], false],
    ["all of the words", words, [{ text: "the lift" }], false],
    ["words across a mention", words, [{ text: "lift " }, { mention: { id: "p", name: "Down" } }], true],
    ["who is mentioned", mention, [{ mention: { id: "P", name: "Ada" } }], true],
    ["not who is named", mention, [{ text: "p" }], false],
    ["nor who else is mentioned", mention, [{ mention: { id: "q", name: "p" } }], false],
  ];
  for (const [what, query, parts, isTold] of table) {
    it(what, () => {
      assert.equal(meetsQuery(query, change("posted", say(...parts))), isTold);
    });
  }

  it("holds an edit by what it says now, a deletion by what was said", () => {
    const [hit, miss, gone] = [say({ text: "lift down" }), say({ text: "lift up" }), say()];
    assert.equal(meetsQuery(words, change("edited", miss, hit)), false);
    assert.equal(meetsQuery(words, change("edited", hit, miss)), true);
    assert.equal(meetsQuery(words, change("deleted", gone, hit)), true);
    assert.equal(meetsQuery(words, change("deleted", gone, miss)), false);
  });
});
