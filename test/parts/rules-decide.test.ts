import assert from "node:assert/strict";
import fc from "fast-check";
import type { Action } from "../../src/model/decision.ts";
import { decide, readSummary } from "../../src/rules/decide.ts";
import { parseRuleBook } from "../../src/rules/rule-book.ts";
import { say } from "./said.ts";

const CARD = JSON.stringify({
  type: "AdaptiveCard",
  fallbackText: "Told by ${sender.name}",
  body: [
    { type: "TextBlock", text: "${sender.name} by ${rule.name}" },
    { type: "TextBlock", text: "${message.text}" },
    { type: "TextBlock", text: "left out", $when: "${sender.name == 'Nobody'}" },
  ],
});

const ruleBook = parseRuleBook({
  file: "listener.yaml",
  readCard: (path) => (path === "card.json" ? CARD : null),
  text: `
rules:
  - name: both
    when: { text: [vpn, wifi], matches: '(?i)slow|down' }
    then: [{ react: like }]
  - name: words
    when: { text: is down }
    then:
      - react: 1f440_eyes
      - reply: "Thanks \${sender.name}: \${message.text}"
  - name: card
    when: { matches: '^card' }
    then: [{ reply: { card: card.json } }]
  - name: never
    when: { text: is down }
    then: [{ react: sad }]
  - name: whole
    when: { text: echo }
    then: [{ reply: "\${message.text}" }]
  - name: plain
    when: { text: plain }
    then: [{ reply: 'C:\\temp, $5, "quoted", \`code\` and 100%' }]
`,
});

const readActions = (text: string, name = "Ada"): readonly Action[] => {
  const decision = decide(say(text, { sender: { kind: "person", id: "x", name } }), ruleBook);
  return decision.kind === "act" ? decision.actions : [];
};
const readText = (text: string, name?: string): string => {
  const reply = readActions(text, name).find(({ kind }) => kind === "reply");
  assert.ok(reply?.kind === "reply" && reply.content.kind === "text");
  return reply.content.text;
};
const readCard = (text: string, name?: string) => {
  const [reply] = readActions(text, name);
  assert.ok(reply?.kind === "reply" && reply.content.kind === "card");
  return {
    ...reply.content,
    texts: (reply.content.card as { body: { text: string }[] }).body.map((block) => block.text),
  };
};

describe("decide", () => {
  const RULES: readonly [title: string, text: string, rule: string | null][] = [
    ["words and pattern both hold", "VPN is down", "both"],
    ["the pattern does not, a later rule does", "vpn? no, mail is down... no, vpn", "both"],
    ["the words do not hold, a later rule does", "mail is down", "words"],
    ["neither of both holds", "vpn", null],
    ["a pattern alone", "card please", "card"],
    ["the first of two that fit", "it is down", "words"],
    ["nothing fits", "good morning", null],
    ["nothing said", "", null],
  ];
  for (const [title, text, rule] of RULES) {
    it(`${rule ?? "silent"}: ${title}`, () => {
      const decision = decide(say(text), ruleBook);
      if (rule === null) assert.deepEqual(decision, { kind: "silent", reason: "no-rule" });
      else assert.equal(decision.kind === "act" && decision.rule, rule);
    });
  }

  it("does all that its rule says, in that order", () => {
    assert.deepEqual(decide(say("mail is down"), ruleBook), {
      kind: "act",
      rule: "words",
      actions: [
        { kind: "react", reaction: "1f440_eyes" },
        { kind: "reply", content: { kind: "text", text: "Thanks Ada: mail is down" } },
      ],
    });
  });

  it("fills a card and its summary, and leaves out what does not hold", () => {
    assert.deepEqual(readCard("card <b>&amp;"), {
      kind: "card",
      summary: "Told by Ada",
      texts: ["Ada by card", "card <b>&amp;"],
      card: {
        type: "AdaptiveCard",
        fallbackText: "Told by Ada",
        body: [
          { type: "TextBlock", text: "Ada by card" },
          { type: "TextBlock", text: "card <b>&amp;" },
        ],
      },
    });
  });

  it("fills the same template afresh for each message", () => {
    assert.deepEqual(readCard("card one", "Ada").texts, ["Ada by card", "card one"]);
    assert.deepEqual(readCard("card two", "Nobody").texts, ["Nobody by card", "card two", "left out"]);
  });

  it("sets a message aside on which its template fails, and answers one on which it does not", () => {
    const cutter = parseRuleBook({
      file: "listener.yaml",
      readCard: () => JSON.stringify({ type: "AdaptiveCard", $when: "${message.text != 'empty'}" }),
      text: `
rules:
  - name: cut
    when: { matches: '^cut' }
    then: [{ reply: "\${substring(message.text, 0, 6)}" }]
  - name: card
    when: { matches: '^(empty|full)$' }
    then: [{ reply: { card: card.json } }]
`,
    });
    for (const [bad, good] of [
      ["cut", "cut here"],
      ["empty", "full"],
    ] as const) {
      assert.throws(() => decide(say(bad), cutter), { code: "template-failed", disposition: "park" });
      assert.equal(decide(say(good), cutter).kind, "act");
    }
  });

  it("says what is no expression as it was written", () => {
    assert.equal(readText("plain"), 'C:\\temp, $5, "quoted", `code` and 100%');
  });
});

describe("what people write stays what they wrote", () => {
  const INERT = [
    "${sender.name}",
    "${1+1}",
    "${message.text}",
    "${json('{}')}",
    "`${rule.name}`",
    "\\${x}",
    "{{sender.name}}",
    "$& $1 $$ $`",
    '"}]}, {"type": "Image", "url": "https://evil.example"}',
    "${",
    "}",
  ];
  for (const said of INERT) {
    it(`${said} is not evaluated`, () => {
      assert.equal(readText(`echo ${said}`), `echo ${said}`);
      assert.equal(readText("is down", said), `Thanks ${said}: is down`);
      const { card, texts, summary } = readCard(`card ${said}`, said);
      assert.deepEqual(texts, [`${said} by card`, `card ${said}`]);
      assert.equal(summary, `Told by ${said}`);
      assert.deepEqual(Object.keys(card), ["type", "fallbackText", "body"]);
    });
  }

  it("a link under another name is taken apart, and reads the same", () => {
    const link = "[your bank](https://evil.example)";
    const harmless = "[your bank]\u200b(https://evil.example)";
    assert.equal(readText(`echo ${link} ${link}`), `echo ${harmless} ${harmless}`);
    assert.equal(readText("is down", link), `Thanks ${harmless}: is down`);
    assert.deepEqual(readCard(`card ${link}`, link).texts, [`${harmless} by card`, `card ${harmless}`]);
    assert.equal(readText("echo [a] (b) c](d"), "echo [a] (b) c]\u200b(d");
  });

  it("is said back whole, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (text, name) => {
        fc.pre(!text.includes("](") && !name.includes("]("));
        assert.equal(readText(`echo ${text}`), `echo ${text}`);
        assert.deepEqual(readCard(`card ${text}`, name).texts.slice(0, 2), [
          `${name} by card`,
          `card ${text}`,
        ]);
      }),
    );
  });
});

describe("the summary of a card", () => {
  const SUMMARIES: readonly [card: object, summary: string][] = [
    [{ fallbackText: "one", speak: "two" }, "one"],
    [{ speak: "two" }, "two"],
    [{ fallbackText: 5, speak: {} }, "Earshot sent a card"],
    [{}, "Earshot sent a card"],
  ];
  for (const [card, summary] of SUMMARIES) {
    it(`of ${JSON.stringify(card)} is "${summary}"`, () => {
      assert.equal(readSummary(card), summary);
    });
  }
});
