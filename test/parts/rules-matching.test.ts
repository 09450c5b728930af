import assert from "node:assert/strict";
import fc from "fast-check";
import { RE2JS } from "re2js";
import { createMatcher, foldText } from "../../src/rules/matching.ts";

const finds = (phrase: string, text: string) =>
  createMatcher([{ phrases: [phrase], pattern: null }])(text) === 0;
const matches = (pattern: string, text: string) =>
  createMatcher([{ phrases: [], pattern: RE2JS.compile(pattern) }])(text) === 0;

/** Each phrase with texts that hold it, and texts that do not. */
type Row = readonly [phrase: string, found: readonly string[], passedOver: readonly string[]];

const TABLES: Readonly<Record<string, readonly Row[]>> = {
  "whole words": [
    ["down", ["down", "it is down", "down again", "DOWN!"], ["downtime", "download", "breakdown", "dow", ""]],
    [
      "is down",
      ["wifi is down", "is  down", "is\ndown", "is\u00a0down"],
      ["isdown", "is so down", "this downs"],
    ],
    ["down", ["(down)", "down.", "up/down", "down-time", "“down”", "down…"], ["down_time", "down2", "4down"]],
    ["a", ["a", "a b", "b a", "is it a?"], ["aa", "ab", "ba"]],
    ["aa", ["aa", "aaa aa"], ["aaa", "aaaa"]],
    ["404", ["error 404", "404!"], ["1404", "4045"]],
  ],
  "punctuation in a phrase": [
    ["c++", ["I like c++", "c++ is down", "C++!"], ["abc++", "c+"]],
    [".net", ["is .net down", "asp.net"], [".network"]],
    ["what?", ["what?", "what? no"], ["what", "somewhat?"]],
    ["!!!", ["help!!!", "!!! help"], ["help!!"]],
  ],
  apostrophes: [
    [
      "doesn't work",
      ["doesn't work", "doesn’t work", "doesn‘t work", "doesn´t work", "doesn`t work"],
      ["doesnt work"],
    ],
    ["doesn’t work", ["doesn't work"], []],
    ["outage", ["the outage's end"], []],
  ],
  "case, by each script's own": [
    ["Straße", ["STRASSE", "straße", "strasse", "STRAẞE"], ["strase"]],
    ["istanbul", ["İSTANBUL", "ISTANBUL", "ıstanbul"], []],
    ["ISSIZ", ["ıssız", "issiz"], []],
    ["όροφος", ["ΌΡΟΦΟΣ"], []],
    ["сеть не работает", ["Сеть НЕ работает!"], ["сеть не работаете"]],
  ],
  "what reads the same": [
    ["café", ["CAFE\u0301", "café"], ["cafe"]],
    ["thanks", ["ｔｈａｎｋｓ", "𝐭𝐡𝐚𝐧𝐤𝐬"], []],
    ["ok", ["ok"], ["ok\u0301"]],
  ],
  "scripts that set no blanks": [
    ["停電", ["停電", "東京で停電です", "VPN停電"], ["停車"]],
    ["サーバー", ["サーバーが停止", "新サーバー"], ["サーバ"]],
    ["エラー", ["エラー1件"], []],
    ["ขอบคุณ", ["ขอบคุณครับ"], []],
    ["VPN", ["VPN停電", "停電VPN中"], ["VPNs停電"]],
  ],
  "scripts that set blanks": [
    ["شكرا", ["شكرا جزيلا"], ["وشكرا"]],
    ["नमस्ते", ["नमस्ते जी"], ["नमस्तेजी"]],
    ["장애", ["서버 장애 발생"], ["장애인"]],
  ],
  emoji: [
    ["👀", ["look 👀!", "a👀b", "👀👀"], ["👁"]],
    ["👍", ["ok👍"], ["👍🏽", "👎"]],
    ["thanks", ["thanks❤️", "❤️thanks", "thanks👍🏽", "thanks👩‍💻!", "thanks⚠️", "thanks1️⃣"], ["thanks1"]],
  ],
};

describe("phrases", () => {
  for (const [group, rows] of Object.entries(TABLES)) {
    describe(group, () => {
      for (const [phrase, found, passedOver] of rows) {
        it(`"${phrase}" is in ${JSON.stringify(found)} and not in ${JSON.stringify(passedOver)}`, () => {
          assert.deepEqual(
            [...found, ...passedOver].filter((text) => finds(phrase, text)),
            found,
          );
        });
      }
    });
  }

  it("are found exactly where no word goes on at their edges", () => {
    const letters = fc.constantFrom("a", "b", "A", "1", "_", " ", "  ", "\n", ".", "'", "+", "-");
    const phrases = fc
      .array(fc.constantFrom("a", "b", "1", "_", " ", ".", "+"), { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join("").trim())
      .filter((phrase) => phrase !== "");
    let hits = 0;
    fc.assert(
      fc.property(phrases, fc.array(letters, { maxLength: 16 }), (phrase, parts) => {
        const text = parts.join("");
        const found = finds(phrase, text);
        if (found) hits += 1;
        assert.equal(found, searchByHand(phrase, text));
      }),
      { numRuns: 2_000 },
    );
    assert.ok(hits > 100, `only ${hits} were found`);
  });

  it("are found in themselves, in capitals and between other words", () => {
    // A mark without a letter joins whatever stands before it.
    const phrases = fc
      .string({ unit: "grapheme", minLength: 1 })
      .filter((text) => /^\P{M}/u.test(foldText(text)));
    fc.assert(
      fc.property(phrases, (phrase) => {
        assert.ok(finds(phrase, phrase));
        assert.ok(finds(phrase, `( ${phrase} )`));
      }),
    );
    fc.assert(
      fc.property(fc.stringMatching(/^[a-zäöüßéñçа-яα-ω]{1,12}$/), (phrase) => {
        assert.ok(finds(phrase, `x ${phrase.toUpperCase()}, x`));
      }),
    );
  });
});

describe("folded text", () => {
  it("stays as it is when it is folded again", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        assert.equal(foldText(foldText(text)), foldText(text));
      }),
    );
  });
});

describe("patterns", () => {
  const FOUND: readonly [pattern: string, text: string, found: boolean][] = [
    ["INC\\d{6}", "see INC123456 please", true],
    ["INC\\d{6}", "see inc123456 please", false],
    ["(?i)INC\\d{6}", "see inc123456 please", true],
    ["^help", "please help", false],
    ["(?m)^help", "please\nhelp", true],
    ["a.b", "a\nb", false],
    ["\\p{Greek}", "όροφος", true],
    ["x*", "", true],
  ];
  for (const [pattern, text, found] of FOUND) {
    it(`${pattern} is ${found ? "" : "not "}in ${JSON.stringify(text)}`, () => {
      assert.equal(matches(pattern, text), found);
    });
  }

  const PATHOLOGICAL = [
    "(a+)+$",
    "(a|aa)+$",
    "(a*)*b",
    "(.*)*=",
    "^(([a-z])+.)+[A-Z]([a-z])+$",
    "(a?){50}a{50}b",
  ];
  for (const pattern of PATHOLOGICAL) {
    it(`cannot hang: ${pattern}`, function () {
      this.timeout(5_000);
      assert.equal(matches(pattern, `${"a".repeat(30_000)}!`), false);
    });
  }
});

describe("conditions", () => {
  const match = createMatcher([
    { phrases: ["vpn", "wifi"], pattern: RE2JS.compile("(?i)down|slow") },
    { phrases: [], pattern: RE2JS.compile("INC\\d+") },
    { phrases: ["thanks", "is down"], pattern: null },
    { phrases: ["is down"], pattern: null },
  ]);
  const ANSWERS: readonly [title: string, text: string, index: number | null][] = [
    ["phrase and pattern must both hold", "the VPN is slow", 0],
    ["a phrase alone is not both", "the VPN is fine", null],
    ["a pattern alone is not both", "I am slow", null],
    ["a pattern may stand alone", "INC1", 1],
    ["any of the phrases will do", "thanks", 2],
    ["the first condition wins, wherever it stands in the text", "it is down INC1", 1],
    ["the first of two with the same phrase wins", "it is down", 2],
    ["nothing said, nothing found", "", null],
  ];
  for (const [title, text, index] of ANSWERS) {
    it(title, () => {
      assert.equal(match(text), index);
    });
  }

  it("may be none at all", () => {
    assert.equal(createMatcher([])("is down"), null);
  });

  it("keep nothing from one text to the next", () => {
    assert.deepEqual(["INC1", "x", "INC1", "thanks"].map(match), [1, null, 1, 2]);
  });

  it("may be 10,000, and a long text is still one pass", function () {
    this.timeout(5_000);
    const many = createMatcher(
      Array.from({ length: 10_000 }, (_, index) => ({ phrases: [`word${index} is down`], pattern: null })),
    );
    const noise = "word1 is up, word22 is so-so; ".repeat(1_000);
    assert.equal(many(noise), null);
    assert.equal(many(`${noise} WORD9999 is down`), 9_999);
    assert.equal(many(`${noise} word9999 is down, word1234 is down`), 1_234);
  });
});

/** The rule by a plain search: an edge of the phrase that is of a word must not touch another. */
function searchByHand(phrase: string, text: string): boolean {
  const isWord = (character: string | undefined) => character !== undefined && /\w/.test(character);
  const [said, wanted] = [text, phrase].map((one) => one.toLowerCase().replaceAll(/\s+/g, " ").trim());
  for (let at = said!.indexOf(wanted!); at >= 0; at = said!.indexOf(wanted!, at + 1)) {
    const end = at + wanted!.length;
    const joinsLeft = isWord(said![at - 1]) && isWord(wanted![0]);
    const joinsRight = isWord(said![end]) && isWord(wanted!.at(-1));
    if (!joinsLeft && !joinsRight) return true;
  }
  return false;
}
