/** Through the pipeline: age counts to when a message was received, not to when its turn came. */
import assert from "node:assert/strict";
import type { NotificationId } from "../../src/model/ids.ts";
import type { Trace } from "../../src/model/trace.ts";
import { createPipeline } from "../../src/pipeline.ts";
import { parseRuleBook } from "../../src/rules/rule-book.ts";
import { BOT_ID } from "./said.ts";

const HOUR_MS = 60 * 60_000;
const SAID_AT = Date.UTC(2026, 10, 21, 6);
const MESSAGE_ID = String(SAID_AT);
const SAID = {
  ...{ id: MESSAGE_ID, etag: MESSAGE_ID, messageType: "message", chatId: "19:a@thread.v2" },
  createdDateTime: new Date(SAID_AT).toISOString(),
  from: { user: { id: "8ea0e38b-efb3-4757-924a-5f94061cf8c2", displayName: "Ada" } },
  body: { contentType: "text", content: "the wifi is down" },
};

/** What is decided on a message that was received and had its turn after this many hours; `replied`: it was answered. */
async function readDecision(hours: { received: number; turn: number }): Promise<string> {
  const decided: Trace[] = [];
  let replies = 0;
  const unused = () => {
    throw new assert.AssertionError({ message: "nothing of this is needed" });
  };
  const handle = createPipeline({
    storage: { readLaterChanges: async () => ({ isDeleted: false, edits: [] }) },
    opener: { open: unused },
    fetchMessage: async () => SAID,
    ruleBook: parseRuleBook({
      file: "listener.yaml",
      text: "rules: [{ name: outage, when: { text: is down }, then: [{ react: like }] }]",
      readCard: unused,
    }),
    cards: { help: unused, status: unused },
    readStatus: unused,
    deliver: async () => void (replies += 1),
    botId: BOT_ID,
    answerWithinMs: 24 * HOUR_MS,
    trace: (trace) => void (trace.step === "decided" && decided.push(trace)),
    edges: { now: () => SAID_AT + hours.turn * HOUR_MS },
  });
  await handle({
    id: 1 as NotificationId,
    ear: "graph",
    message: {
      tenantId: "tenant",
      conversationId: "19:a@thread.v2",
      replyToId: null,
      messageId: MESSAGE_ID,
    },
    changeType: "created",
    sealed: '{"fetch":"/chats/19:a@thread.v2/messages/1"}',
    receivedAt: SAID_AT + hours.received * HOUR_MS,
    attempts: 1,
  });
  assert.equal(decided.length, 1);
  assert.equal(replies, decided[0]?.result === "ok" ? 1 : 0);
  return replies === 1 ? "replied" : (decided[0]?.code ?? "");
}

describe("a message that was said long ago", () => {
  it("is answered where it was received in time, however late its turn comes", async () => {
    assert.equal(await readDecision({ received: 0, turn: 0 }), "replied");
    assert.equal(await readDecision({ received: 24, turn: 24 }), "replied");
    assert.equal(await readDecision({ received: 1, turn: 500 }), "replied");
  });

  it("is heard and not answered where it was received too late", async () => {
    assert.equal(await readDecision({ received: 24.1, turn: 24.1 }), "too-old");
    assert.equal(await readDecision({ received: 60, turn: 61 }), "too-old");
  });
});
