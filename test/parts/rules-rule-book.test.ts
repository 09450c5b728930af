import assert from "node:assert/strict";
import { EarshotError } from "../../src/errors.ts";
import { parseRuleBook } from "../../src/rules/rule-book.ts";

const CARDS: Readonly<Record<string, string>> = {
  "good.json": '{"type":"AdaptiveCard","body":[{"type":"TextBlock","text":"Hi ${sender.name}"}]}',
  "unfilled.json": '{"type":"AdaptiveCard","body":[{"type":"TextBlock","text":"${ticket.id} ${ticket.id}"}]}',
  "broken.json": '{"type":"AdaptiveCard","body":[{"type":"TextBlock","text":"${1 +}"}]}',
  "hero.json": '{"type":"HeroCard"}',
  "list.json": "[]",
  "text.json": "AdaptiveCard",
};

const parse = (text: string) =>
  parseRuleBook({ file: "my/listener.yaml", text, readCard: (path) => CARDS[path] ?? null });

/** The report, a fault a row, without the file's name. */
function readFaults(text: string): string[] {
  try {
    parse(text);
  } catch (error) {
    assert.ok(error instanceof EarshotError, String(error));
    assert.equal(error.code, "listener-file-invalid");
    assert.equal(error.disposition, "stop");
    const [title, ...rows] = error.message.split("\n");
    assert.equal(title, "The rules cannot be used:");
    return rows.map((row) => row.replace(/^ {2}(my\/listener\.yaml:)?/, ""));
  }
  return [];
}

/** A rule that is well, but for what is given. */
const write = ({
  name = "one",
  when = "{ text: hello }",
  then = "{ react: like }",
  more = "",
} = {}) => `rules:
  - name: ${name}
    when: ${when}
    then:
      - ${then}
${more}`;
const NAMES = "there are ${sender.name}, ${message.text}, ${rule.name}";
const NO_PATTERN = "look-around and back-references are not part of RE2";
const NO_CARD = 'which is not an Adaptive Card: it must be JSON with "type": "AdaptiveCard"';

interface Case {
  readonly title: string;
  readonly bad: string;
  readonly says: readonly string[];
  /** The same but for the fault. */
  readonly good: string;
}

describe("a rule book is refused by line, rule and remedy", () => {
  const CASES: readonly Case[] = [
    {
      title: "an empty file",
      bad: "# nothing yet",
      says: ["1 the file must hold `rules:` and under it a list of rules"],
      good: "rules: []",
    },
    { title: "no rules", bad: "listen: [installed]", says: ["1 the file lacks `rules`"], good: "rules: []" },
    {
      title: "rules that are no list",
      bad: "rules: { name: one }",
      says: ["1 `rules` must be a list: below it a line for each item, which begins with `- `"],
      good: write(),
    },
    {
      title: "a key that is not known",
      bad: `rulez: []\n${write()}`,
      says: ["1 the file has `rulez`, which means nothing here; there may be `listen`, `rules`"],
      good: `listen: [installed]\n${write()}`,
    },
    {
      title: "something to listen to that is not known",
      bad: `${write()}listen:\n  - everything`,
      says: [
        "7 `listen` entry 1 must be one of `installed`, `chats: all`, `channels: all`, `user: {id}`, `chat: {id, search?, mentioning?}`, `channel: {team, channel, search?, mentioning?}`, `teams: all`, `team: {id}`",
      ],
      good: `${write()}listen:\n  - installed`,
    },
    {
      title: "a rule without name",
      bad: "rules:\n  - when: { text: hello }\n    then: [{ react: like }]",
      says: ["2 rule 1 lacks `name`"],
      good: write(),
    },
    {
      title: "a name with capitals and blanks",
      bad: write({ name: "My rule" }),
      says: ['2 rule "My rule", name must be lower-case letters, digits and hyphens, at most 64'],
      good: write({ name: "my-rule-2" }),
    },
    {
      title: "a name twice",
      bad: write({ more: "  - { name: one, when: { text: b }, then: [{ react: like }] }" }),
      says: [
        '6 rule "one", name has the name of an earlier rule: give each its own, the ledger tells them apart by it',
      ],
      good: write({ more: "  - { name: two, when: { text: b }, then: [{ react: like }] }" }),
    },
    {
      title: "a condition that asks for nothing",
      bad: write({ when: "{}" }),
      says: ['3 rule "one", when needs `text` or `matches`'],
      good: write({ when: "{ matches: hello }" }),
    },
    {
      title: "a key of a condition that is not known",
      bad: write({ when: "{ text: hello, txt: hello }" }),
      says: ['3 rule "one", when has `txt`, which means nothing here; there may be `text`, `matches`'],
      good: write({ when: "{ text: hello, matches: hello }" }),
    },
    {
      title: "a number for a word",
      bad: write({ when: "{ text: [hello, 404] }" }),
      says: ['3 rule "one", when.text must be a word or phrase, or a list of them (a number in quotes)'],
      good: write({ when: '{ text: [hello, "404"] }' }),
    },
    {
      title: "a blank for a word",
      bad: write({ when: '{ text: "  " }' }),
      says: ['3 rule "one", when.text must not be empty'],
      good: write({ when: '{ text: " hello " }' }),
    },
    {
      title: "a word of 201 characters",
      bad: write({ when: `{ text: ${"x".repeat(201)} }` }),
      says: ['3 rule "one", when.text must have at most 200 characters'],
      good: write({ when: `{ text: ${"x".repeat(200)} }` }),
    },
    {
      title: "look-ahead in a pattern",
      bad: write({ when: "{ matches: '(?=x)' }" }),
      says: [
        `3 rule "one", when.matches is not an RE2 pattern (error parsing regexp: invalid or unsupported Perl syntax: \`(?=\`); ${NO_PATTERN}`,
      ],
      good: write({ when: "{ matches: '(?:x)' }" }),
    },
    {
      title: "a back-reference in a pattern",
      bad: write({ when: String.raw`{ matches: '(a)\1' }` }),
      says: [
        `3 rule "one", when.matches is not an RE2 pattern (error parsing regexp: invalid escape sequence: \`\\1\`); ${NO_PATTERN}`,
      ],
      good: write({ when: String.raw`{ matches: '(a)\d' }` }),
    },
    {
      title: "a pattern that would grow without end",
      bad: write({ when: "{ matches: '((x{1000}){1000}){1000}' }" }),
      says: [
        `3 rule "one", when.matches is not an RE2 pattern (error parsing regexp: invalid repeat count: \`{1000}\`); ${NO_PATTERN}`,
      ],
      good: write({ when: "{ matches: 'x{1000}' }" }),
    },
    {
      title: "nothing to do",
      bad: "rules:\n  - name: one\n    when: { text: hello }\n    then: []",
      says: ['4 rule "one", then must not be empty'],
      good: write(),
    },
    {
      title: "the emoji for its id",
      bad: write({ then: "react: 👀" }),
      says: [
        '5 rule "one", then[0].react must be the id of a Teams reaction, such as like or 1f440_eyes, not the emoji itself',
      ],
      good: write({ then: "react: 1f440_eyes" }),
    },
    {
      title: "two things in one step",
      bad: write({ then: "{ react: like, reply: hi }" }),
      says: [
        '5 rule "one", then[0] must be one of `react: <reaction>`, `reply: <text>` or `reply: { card: <path> }`',
      ],
      good: write({ then: "{ react: like }\n      - { reply: hi }" }),
    },
    {
      title: "a name that nothing fills",
      bad: write({ then: 'reply: "Hi ${sender.nam}, ${sender.nam} and ${nobody}"' }),
      says: [
        `5 rule "one", then[0] uses \${sender.nam}, which nothing fills; ${NAMES}`,
        `5 rule "one", then[0] uses \${nobody}, which nothing fills; ${NAMES}`,
      ],
      good: write({ then: 'reply: "Hi ${sender.name}, ${rule.name} on ${message.text}"' }),
    },
    {
      title: "an expression that is none",
      bad: write({ then: 'reply: "Hi ${1 +}"' }),
      says: [`5 rule "one", then[0] uses an expression that is not valid, which nothing fills; ${NAMES}`],
      good: write({ then: 'reply: "Hi ${1 + 1}"' }),
    },
    {
      title: "a card that is not there",
      bad: write({ then: "reply: { card: none.json }" }),
      says: ['5 rule "one", then[0] names the card none.json, which is not there'],
      good: write({ then: "reply: { card: good.json }" }),
    },
    {
      title: "a card with a name that nothing fills",
      bad: write({ then: "reply: { card: unfilled.json }" }),
      says: [`5 rule "one", then[0] uses \${ticket.id}, which nothing fills; ${NAMES} (in unfilled.json)`],
      good: write({ then: "reply: { card: good.json }" }),
    },
    ...["hero.json", "list.json", "text.json"].map((card) => ({
      title: `a card that is none: ${card}`,
      bad: write({ then: `reply: { card: ${card} }` }),
      says: [`5 rule "one", then[0] names ${card}, ${NO_CARD}`],
      good: write({ then: "reply: { card: good.json }" }),
    })),
    {
      title: "a card with an expression that is none",
      bad: write({ then: "reply: { card: broken.json }" }),
      says: [
        `5 rule "one", then[0] uses an expression that is not valid, which nothing fills; ${NAMES} (in broken.json)`,
      ],
      good: write({ then: "reply: { card: good.json }" }),
    },
  ];
  for (const { title, bad, says, good } of CASES) {
    it(title, () => {
      assert.deepEqual(readFaults(bad), says);
      assert.deepEqual(readFaults(good), []);
    });
  }

  it("with every fault at once, in the order of the file", () => {
    const text = `rules:
  - name: one
    when: { matches: "(" }
    then: [{ reply: "\${nobody}" }, { reply: { card: none.json } }]
  - name: one
    when: { text: x }
    then: [{ react: like }]`;
    assert.deepEqual(
      readFaults(text).map((row) => row.split(" ").slice(0, 4).join(" ")),
      ['3 rule "one", when.matches', '4 rule "one", then[0]', '4 rule "one", then[1]', '5 rule "one", name'],
    );
    const misspelt = `listne: []\n${write({ name: "A", when: "{ txt: x }", then: "{ reakt: like }" })}`;
    assert.equal(readFaults(misspelt).length, 5);
  });
});

describe("a rule book is read", () => {
  it("rule by rule, in the order of the file", () => {
    const { rules, findRule } = parse(`rules:
  - { name: words, when: { text: is down }, then: [{ react: like }, { reply: "Hi" }] }
  - { name: pattern, when: { matches: "^INC" }, then: [{ reply: { card: good.json } }] }`);
    const data = { sender: { name: "Ada" } };
    const done = rules.map(({ name, then }) => ({
      name,
      then: then.map((action) => (action.kind === "react" ? action.reaction : action.fill(data))),
    }));
    assert.deepEqual(done, [
      { name: "words", then: ["like", "Hi"] },
      { name: "pattern", then: [JSON.parse(CARDS["good.json"]!.replace("${sender.name}", "Ada"))] },
    ]);
    assert.equal(findRule("INC1"), rules[1]);
    assert.equal(findRule("INC1 is down"), rules[0]);
    assert.equal(findRule("fine"), null);
  });

  it("without rules, and then finds none", () => {
    assert.equal(parse("rules: []").findRule("is down"), null);
  });
});
