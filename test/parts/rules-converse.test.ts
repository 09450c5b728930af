import assert from "node:assert/strict";
import { loadConversationCards } from "../../src/listener-file.ts";
import { converse, type Status } from "../../src/rules/converse.ts";
import { say } from "./said.ts";

const cards = loadConversationCards();
const status: Status = {
  ears: [
    { name: "Help desk › General", state: "listening" },
    { name: "Help desk › Private", state: "no permission" },
  ],
  rules: ["outage", "thanks"],
  heard: 1_234,
  parked: 2,
};

function answer(text: string, given: Status = status) {
  const decision = converse(say(text), given, cards);
  assert.equal(decision.kind, "act");
  const [reply, ...rest] = decision.actions;
  assert.equal(rest.length, 0);
  assert.ok(reply?.kind === "reply" && reply.content.kind === "card");
  const { card, summary } = reply.content;
  return { rule: decision.rule, summary, card: card as { body: object[] }, text: JSON.stringify(card) };
}

describe("a talk with the bot", () => {
  const WORDS: readonly [said: string, rule: string][] = [
    ["help", "conversation-help"],
    ["HELP!", "conversation-help"],
    ["", "conversation-help"],
    ["  ", "conversation-help"],
    ["what can you do?", "conversation-help"],
    ["😀", "conversation-help"],
    ["42", "conversation-help"],
    ["statuses", "conversation-help"],
    ["constructor", "conversation-help"],
    ["status", "conversation-status"],
    ["Status?", "conversation-status"],
    [", status please", "conversation-status"],
    ["/status", "conversation-status"],
    ["ＳＴＡＴＵＳ", "conversation-status"],
    ["status\nand more", "conversation-status"],
    ["please show the status", "conversation-status"],
  ];
  for (const [said, rule] of WORDS) {
    it(`answers ${JSON.stringify(said)} with ${rule}`, () => {
      assert.equal(answer(said).rule, rule);
    });
  }

  it("leaves nothing unfilled in either card", () => {
    for (const word of ["help", "status"]) assert.doesNotMatch(answer(word).text, /\$\{|undefined|\[object/);
  });

  it("names the rules and the words it knows in its help", () => {
    const { text, summary } = answer("help");
    assert.match(text, /Rules: outage, thanks/);
    assert.match(text, /"title":"status"/);
    assert.match(summary, /^I am Earshot/);
  });

  it("says where it listens, a line each, and how it goes", () => {
    const { text } = answer("status");
    for (const said of [
      "Help desk › General",
      "no permission",
      "1,234 messages",
      '"value":"2"',
      "outage, thanks",
    ]) {
      assert.ok(text.includes(said), said);
    }
    assert.equal(text.split("ColumnSet").length - 1, 2);
  });

  it("says so where it listens nowhere yet", () => {
    const { text } = answer("status", { ...status, ears: [], heard: 0 });
    assert.ok(text.includes("Nowhere yet"));
    assert.ok(text.includes("0 messages"));
    assert.equal(text.split("ColumnSet").length - 1, 1);
  });

  it("keeps names of channels as they are, expressions in them too", () => {
    const ears = [{ name: "${1+1} ${status.heard}", state: "listening" }];
    assert.ok(answer("status", { ...status, ears }).text.includes('"${1+1} ${status.heard}"'));
  });
});
