import assert from "node:assert/strict";
import type { SilenceReason } from "../../src/model/decision.ts";
import type { Message } from "../../src/model/message.ts";
import { findSilenceReason, isAddressedToBot } from "../../src/rules/etiquette.ts";
import { BOT_ID, say } from "./said.ts";

type Context = Parameters<typeof findSilenceReason>[1];
const SAID_AT = Date.parse(say("").createdAt);
const HOUR_MS = 60 * 60_000;
const own = { kind: "bot", id: BOT_ID, name: "Earshot" } as const;
const other = { kind: "bot", id: "another-bot", name: "Polly" } as const;
const nobody = { kind: "unknown", id: "", name: "" } as const;

describe("etiquette", () => {
  const TABLE: readonly [
    title: string,
    message: Partial<Message>,
    context: Partial<Context>,
    reason: SilenceReason | null,
  ][] = [
    ["a person in a channel", {}, {}, null],
    ["a person in a chat", { place: "chat" }, {}, null],
    ["a person, by Bot Framework", {}, { ear: "bot-framework" }, null],
    ["a person who has no name", { sender: { kind: "person", id: "x", name: "" } }, {}, null],
    ["a message without text", { text: "" }, {}, null],
    ["a system event", { kind: "system", sender: nobody }, {}, "system-event"],
    ["its own words", { sender: own }, {}, "own-message"],
    ["another bot", { sender: other }, {}, "from-a-bot"],
    ["a bot without an id", { sender: { ...other, id: "" } }, {}, "from-a-bot"],
    [
      "a bot that mentions this one",
      { sender: other, mentions: [{ kind: "bot", id: BOT_ID }] },
      {},
      "from-a-bot",
    ],
    ["a message deleted since", { isDeleted: true }, {}, "deleted"],
    ["a deletion without a sender", { isDeleted: true, sender: nobody }, {}, "deleted"],
    ["nobody", { sender: nobody }, {}, "no-sender"],
    ["a personal chat, by Graph", { place: "personal" }, {}, "personal-chat"],
    ["a personal chat, by Bot Framework", { place: "personal" }, { ear: "bot-framework" }, null],
    ["one that is heard just in time", {}, { receivedAt: SAID_AT + 24 * HOUR_MS }, null],
    ["one that is heard too late", {}, { receivedAt: SAID_AT + 24 * HOUR_MS + 1 }, "too-old"],
    [
      "one that is heard late, where that is early enough",
      {},
      { receivedAt: SAID_AT + 30 * HOUR_MS, answerWithinMs: 31 * HOUR_MS },
      null,
    ],
    [
      "one to the bot itself that is heard too late",
      { mentions: [{ kind: "bot", id: BOT_ID }] },
      { receivedAt: SAID_AT + 25 * HOUR_MS },
      "too-old",
    ],
    ["its own words, heard too late", { sender: own }, { receivedAt: SAID_AT + 25 * HOUR_MS }, "own-message"],
    ["one from a clock ahead of ours", {}, { receivedAt: SAID_AT - HOUR_MS }, null],
    ["one whose id tells no time", { createdAt: new Date(0).toISOString() }, {}, null],
  ];
  for (const [title, message, context, reason] of TABLE) {
    it(`${reason === null ? "may answer" : `is silent (${reason})`}: ${title}`, () => {
      const given: Context = {
        ...{ botId: BOT_ID, ear: "graph", receivedAt: SAID_AT, answerWithinMs: 24 * HOUR_MS },
        ...context,
      };
      assert.equal(findSilenceReason(say("is down", message), given), reason);
    });
  }
});

describe("a message is addressed to the bot", () => {
  const TABLE: readonly [title: string, message: Partial<Message>, addressed: boolean][] = [
    ["that mentions it", { mentions: [{ kind: "bot", id: BOT_ID }] }, true],
    [
      "that mentions it among others",
      {
        mentions: [
          { kind: "person", id: "x" },
          { kind: "bot", id: BOT_ID },
        ],
      },
      true,
    ],
    ["in a talk between two", { place: "personal" }, true],
    ["that mentions nobody", {}, false],
    ["in a group chat", { place: "chat" }, false],
    ["that mentions another bot", { mentions: [{ kind: "bot", id: "another-bot" }] }, false],
    ["that mentions a person of the same id", { mentions: [{ kind: "person", id: BOT_ID }] }, false],
    ["that has its name in the text", { text: "Earshot is down" }, false],
  ];
  for (const [title, message, addressed] of TABLE) {
    it(`${addressed ? "yes" : "no"}: one ${title}`, () => {
      assert.equal(isAddressedToBot(say("help", message), BOT_ID), addressed);
    });
  }
});
