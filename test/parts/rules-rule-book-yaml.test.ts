import assert from "node:assert/strict";
import fc from "fast-check";
import { EarshotError } from "../../src/errors.ts";
import { parseRuleBook } from "../../src/rules/rule-book.ts";

const parse = (text: string) => parseRuleBook({ file: "listener.yaml", text, readCard: () => null });
const RULE = "{ name: one, when: { text: hello }, then: [{ react: like }] }";
const NOT_YAML = "is not YAML that can be used:";

function readReport(text: string): string {
  try {
    parse(text);
  } catch (error) {
    assert.ok(error instanceof EarshotError && error.code === "listener-file-invalid", String(error));
    return error.message;
  }
  return "read";
}

/** Nine lists, each of nine aliases of the one before: 9^9 words if they were written out. */
const LAUGHS = Array.from({ length: 9 }, (_, index) => {
  const item = index === 0 ? "ha" : `*a${index - 1}`;
  return `a${index}: &a${index} [${Array(9).fill(item).join(", ")}]`;
}).join("\n");

describe("a rule book that is hostile YAML", () => {
  const CASES: readonly [title: string, bad: string, says: string, good: string][] = [
    [
      "a list that does not close",
      "rules:\n  - { name: one",
      `:2 ${NOT_YAML} Flow map in block collection must be sufficiently indented and end with a }`,
      `rules:\n  - ${RULE}`,
    ],
    [
      "tabs",
      `rules:\n\t- ${RULE}`,
      `:2 ${NOT_YAML} Tabs are not allowed as indentation`,
      `rules:\n  - ${RULE}`,
    ],
    [
      "a key twice",
      "rules: []\nrules: []",
      `:2 ${NOT_YAML} Map keys must be unique`,
      "rules: []\nlisten: [installed]",
    ],
    [
      "two documents",
      "rules: []\n---\nrules: []",
      `:2 ${NOT_YAML} Source contains multiple documents`,
      "---\nrules: []",
    ],
    ["a tag of another tool", "rules: !!js/function x", `:1 ${NOT_YAML} Unresolved tag`, "rules: !!seq []"],
    ["a tag of nobody", "rules: !mine []", `:1 ${NOT_YAML} Unresolved tag: !mine`, "rules: []"],
    [
      "an alias of nothing",
      "rules: *nothing",
      ":1 the file has aliases that cannot be used: Unresolved alias (the anchor must be set before the alias): nothing",
      `rules: [&one ${RULE}]`,
    ],
    [
      "aliases that grow without end",
      `${LAUGHS}\nrules: [*a8]`,
      ":1 the file has aliases that cannot be used: Excessive alias count",
      `rules:\n  - name: one\n    when: &w { text: hello }\n    then: &t [{ react: like }]\n  - { name: two, when: *w, then: *t }`,
    ],
    [
      "a list in itself",
      "rules: &a [*a]",
      ":1 rule 1 is not right: expected object, received array",
      `rules: [${RULE}]`,
    ],
    ["a prototype", "__proto__: { polluted: true }\nrules: []", ":1 the file has `__proto__`", "rules: []"],
    [
      "a prototype for a rule",
      `rules:\n  - __proto__: ${RULE}`,
      ":2 rule 1 lacks `name`",
      `rules:\n  - ${RULE}`,
    ],
    [
      "a constructor in a condition",
      "rules: [{ name: one, when: { constructor: x }, then: [{ react: like }] }]",
      ':1 rule "one", when has `constructor`',
      `rules: [${RULE}]`,
    ],
    ["a list as a key", "? [a, b]\n: c\nrules: []", "which means nothing here", "rules: []"],
    ["2,000 lists, one in the other", `rules: ${"[".repeat(2_000)}`, `:1 ${NOT_YAML}`, "rules: []"],
  ];
  for (const [title, bad, says, good] of CASES) {
    it(`is refused at once, and pollutes nothing: ${title}`, function () {
      this.timeout(2_000);
      const report = readReport(bad);
      assert.ok(report.includes(says), report);
      assert.equal("polluted" in {}, false);
      assert.equal(readReport(good), "read");
    });
  }

  it("is reported in at most 50 rows", () => {
    const rows = readReport(`rules:\n${"  - name: A\n".repeat(200)}`).split("\n");
    assert.equal(rows.length, 1 + 50 + 1);
    assert.equal(rows.at(-1), "  and 550 more");
  });

  it("says nothing on the console", async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on("warning", note);
    readReport("? [a, b]\n: c\nrules: []");
    await new Promise(setImmediate);
    process.off("warning", note);
    assert.deepEqual(warnings, []);
  });

  it("is a report or a rule book, whatever it is", () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom(
        "rules:",
        "\n",
        "  ",
        "- ",
        "name: one",
        "when:",
        "text:",
        "then:",
        "&a ",
        "*a",
        "{",
        "}",
      ),
      fc.constantFrom(
        "[",
        "]",
        "'",
        '"',
        "|",
        ">",
        "!!",
        "? ",
        ": ",
        "react: like",
        "reply: ${x}",
        "<<: ",
        "%YAML",
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        assert.match(
          readReport(pieces.join("")),
          /^read$|^The rules cannot be used:\n {2}listener\.yaml:\d+ /,
        );
      }),
    );
    const value = fc.json().map((json) => `rules: [{ name: one, when: ${json}, then: ${json} }]`);
    fc.assert(
      fc.property(value, (text) => {
        assert.match(readReport(text), /^The rules cannot be used:\n {2}listener\.yaml:\d+ /);
      }),
    );
  });
});

describe("a rule book of 10,000 rules", () => {
  const write = (count: number) =>
    `rules:\n${Array.from({ length: count }, (_, index) => `  - { name: r${index}, when: { text: "word${index} fails" }, then: [{ react: like }] }`).join("\n")}`;

  it("is read and finds its last", function () {
    this.timeout(10_000);
    assert.equal(parse(write(10_000)).findRule("word9999 fails")?.name, "r9999");
  });

  it("may have no more", () => {
    const rules = (count: number) => `rules: [${Array(count).fill("{}").join(", ")}]`;
    assert.match(readReport(rules(10_001)), /:1 `rules` must have at most 10000 items/);
    assert.doesNotMatch(readReport(rules(10_000)), /at most/);
  });
});
