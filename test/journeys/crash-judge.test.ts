/** The judge of the crash journeys finds what it is there to find: else their silence would prove nothing. */
import assert from "node:assert/strict";
import type { Delivery } from "../../src/emulator/courier.ts";
import type { PostedMessage } from "../../src/emulator/posted-message.ts";
import { formatAnswer, formatLine, type Line } from "../soak/crowd.ts";
import { judge } from "../soak/judge.ts";

const BOT = "the-bot";
const CHANNEL = "19:c@thread.tacv2";

let lines: Line[];
let messages: PostedMessage[];
let deliveries: Delivery[];

const post = (text: string, rootId: string | null, isBot: boolean): PostedMessage => {
  const id = String(1_000 + messages.length);
  const sender = isBot ? { id: BOT, name: "Earshot", isBot } : { id: "mira", name: "Mira", isBot };
  const message: PostedMessage = {
    ...{ key: `t|${CHANNEL}|${rootId ?? ""}|${id}`, conversationId: CHANNEL, rootId, id, sender },
    ...{ createdAt: "", editedAt: null, deletedAt: null, parts: [{ text }], cards: [], reactions: [] },
  };
  messages.push(message);
  return message;
};

/** Delivered by Bot Framework between these instants, each one character. */
const say = (
  kind: Line["kind"],
  at: string,
  endedAt: string,
  state: Delivery["state"] = "delivered",
): Line => {
  const text = formatLine(kind, lines.length);
  const message = post(text, null, false);
  const line: Line = { text, kind, conversation: "General", message };
  lines.push(line);
  const isTaken = state === "delivered";
  deliveries.push({
    ...{ index: deliveries.length, sender: "bot-framework", url: "", state },
    attempts: [{ at, endedAt, status: isTaken ? 200 : null, ...(isTaken ? {} : { fault: "ECONNREFUSED" }) }],
    body: { type: "message", id: message.id, conversation: { id: `${CHANNEL};messageid=${message.id}` } },
  });
  return line;
};
const answer = (line: Line, rootId: string | null = line.message.id) =>
  post(formatAnswer(line), rootId, true);
const react = ({ message }: Line, times = 1) => {
  const by = { id: BOT, name: "Earshot" };
  const types = ["heart", "like"].slice(0, times);
  messages = messages.map((each) =>
    each.key === message.key ? { ...each, reactions: types.map((type) => ({ type, by: [by] })) } : each,
  );
};
const find = (isGraphPoisoned = false, othersTalk = false) => {
  const readMessages = () => messages;
  const { findings, unheard } = judge({
    ...{ botId: BOT, lines, readMessages, deliveries, isGraphPoisoned, othersTalk },
  });
  return [
    ...findings.map(({ kind, what }) => `${kind}: ${what}`),
    ...unheard.map(({ text }) => `unheard: ${text}`),
  ];
};

describe("the judge of a crash", () => {
  beforeEach(() => {
    lines = [];
    messages = [];
    deliveries = [];
  });

  it("finds nothing where all is well", () => {
    const [one, two, cheer] = [say("question", "1", "2"), say("question", "3", "4"), say("cheer", "5", "6")];
    say("chatter", "7", "8");
    answer(one);
    answer(two);
    react(cheer);
    assert.deepEqual(find(), []);
  });

  it("finds what was lost", () => {
    say("question", "1", "2");
    say("cheer", "3", "4");
    assert.deepEqual(find(), ["lost: question 000000", "lost: cheer 000001"]);
  });

  it("finds what was said twice, and what nobody asked for", () => {
    const question = say("question", "1", "2");
    const [cheer, chatter] = [say("cheer", "3", "4"), say("chatter", "5", "6")];
    answer(question);
    answer(question);
    react(cheer, 2);
    react(chatter);
    assert.deepEqual(find(), ["twice: question 000000", "twice: cheer 000001", "twice: chatter 000002"]);
  });

  it("finds an answer in another thread, and one to nothing", () => {
    const [one, two] = [say("question", "1", "2"), say("question", "3", "4")];
    answer(one);
    answer(two, one.message.id);
    post("something else", one.message.id, true);
    assert.deepEqual(find(), [
      "lost: question 000001",
      `stray: "heard question 000001" in ${one.message.id}`,
      `stray: "something else" in ${one.message.id}`,
    ]);
    assert.deepEqual(find(false, true), [
      "lost: question 000001",
      `stray: "heard question 000001" in ${one.message.id}`,
    ]);
  });

  it("finds what was in hand and answered out of order", () => {
    const [one, two] = [say("question", "1", "2"), say("question", "3", "4")];
    answer(two);
    answer(one);
    assert.deepEqual(find(), ["out-of-order: question 000000 was answered after question 000001"]);
  });

  it("finds no disorder where the earlier one was not in hand yet", () => {
    const [one, two] = [say("question", "1", "4"), say("question", "3", "5")];
    answer(two);
    answer(one);
    assert.deepEqual(find(), []);
  });

  it("holds nothing against who was never told", () => {
    say("question", "1", "2", "gave-up");
    assert.deepEqual(find(), ["unheard: question 000000"]);
  });

  it("counts a copy by Graph as heard, unless it may be spoilt", () => {
    const { message } = say("question", "1", "2", "gave-up");
    deliveries.push({
      ...{ index: 1, sender: "graph", url: "", state: "delivered" },
      attempts: [{ at: "3", endedAt: "4", status: 202 }],
      body: {
        value: [
          {
            changeType: "created",
            resource: `teams('t')/channels('${CHANNEL}')/messages('${message.id}')`,
            resourceData: { id: message.id },
          },
        ],
      },
    });
    assert.deepEqual(find(), ["lost: question 000000"]);
    assert.deepEqual(find(true), ["unheard: question 000000"]);
  });
});
