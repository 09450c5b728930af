import assert from "node:assert/strict";
import fc from "fast-check";
import { foldSpace, readPlainText } from "../../src/wire/plain-text.ts";

/** The mention with id 0 is the bot's and goes; others keep their names. */
const read = (html: string) => readPlainText(html, (id) => (id === "0" ? "" : null));

type Case = readonly [title: string, html: string, text: string];

const TABLES: Readonly<Record<string, readonly Case[]>> = {
  lines: [
    ["a paragraph a line", "<p>one</p><p>two</p>", "one\ntwo"],
    ["paragraphs that never close", "<p>one<p>two", "one\ntwo"],
    ["a paragraph and what follows it", "<p>one</p>two", "one\ntwo"],
    ["a div a line", "<div>one</div><div>two</div>", "one\ntwo"],
    ["a break", "one<br>two<br/>three<br />four</br>five", "one\ntwo\nthree\nfour\nfive"],
    ["no empty lines", "<p>one</p><p>&nbsp;</p><br><br><p>two</p>", "one\ntwo"],
    ["a list", "<ul><li>one</li><li>two</ul>three", "one\ntwo\nthree"],
    [
      "headings of each size",
      "<h1>one</h1>two<h4>three</h4>four<h6>five</h6>",
      "one\ntwo\nthree\nfour\nfive",
    ],
    ["a rule", "one<hr>two", "one\ntwo"],
    ["a quotation", "<blockquote>one</blockquote>two", "one\ntwo"],
    ["code", "<codeblock><code>one<br>two</code></codeblock>three", "one\ntwo\nthree"],
    [
      "a table: a line a row, a blank between cells",
      "<table><tr><td>wifi</td><td>is down</td></tr><tr><th>a</th><td>b</td></tr></table>",
      "wifi is down\na b",
    ],
    ["tags within a word keep it whole", "out<b>a</b><i>ge</i>", "outage"],
    ["blanks folded", "<p>  is \t&nbsp; down </p>", "is down"],
    ["capitals in tags", "<P>one</P><DIV>two</DIV>", "one\ntwo"],
  ],
  pictures: [
    ["an emoji", '<emoji id="yes" alt="👍" title="Yes"></emoji> done', "👍 done"],
    ["an emoji that closes itself", '<emoji alt="👍"/> done', "👍 done"],
    ["an image", 'see <img alt="a chart" src="https://x/y"> there', "see a chart there"],
    ["an image without words", 'see <img src="https://x/y"> there', "see there"],
    ["entities in its words", '<img alt="a &lt; b &amp; c">', "a < b & c"],
  ],
  mentions: [
    ["the bot's goes", '<at id="0">Earshot</at>&nbsp;help', "help"],
    ["a person's keeps the name", '<at id="1">Ada</at> knows', "Ada knows"],
    ["a name in two parts", '<at id="1">Ada</at> <at id="2">Byron</at> knows', "Ada Byron knows"],
    ["both", 'ask <at id="0">Earshot</at> or <at id="1">Ada</at>.', "ask or Ada."],
    ["without an id it keeps its name", "<at>Ada</at> knows", "Ada knows"],
    ["a bot's with tags in its name", '<at id="0">Ear<b>shot</b></at> help', "help"],
    ["one within the bot's goes with it", '<at id="0">x<at id="1">y</at>z</at>w', "w"],
    ["one that never closes ends with its paragraph", '<p><at id="0">Earshot</p><p>help</p>', "help"],
    ["a close without an open", "one</at> two", "one two"],
  ],
  "what nobody reads": [
    ["an attachment", '<attachment id="a"></attachment>text', "text"],
    ["an attachment's content", '<attachment id="a">one<p>two</p><img alt="x"></attachment>text', "text"],
    ["an attachment that closes itself", '<attachment id="a"/>text', "text"],
    ["an attachment within a mention", '<at id="1">A<attachment>x</attachment>da</at> b', "Ada b"],
    ["a script", "<script>alert('</p>is down')</script>text", "text"],
    ["a style", "<style>p { color: red }</style>text", "text"],
    ["a comment", "one<!-- is down -->two", "onetwo"],
    ["a system event", "<systemEventMessage/>", ""],
    ["an empty message", "", ""],
  ],
  entities: [
    ["named", "&lt;b&gt; &amp; &quot;x&quot; &euro;", '<b> & "x" €'],
    ["numbered", "&#128512; &#x1F600;", "😀 😀"],
    ["unknown ones as typed", "&bogus; &", "&bogus; &"],
    ["once, not twice", "&amp;lt;b&amp;gt;", "&lt;b&gt;"],
    ["escaped tags are text", "&lt;script&gt;is down&lt;/script&gt;", "<script>is down</script>"],
  ],
  "what is no HTML": [
    ["a comparison", "1 < 2 and 3 > 2", "1 < 2 and 3 > 2"],
    ["a tag that never ends", "one <b", "one"],
    ["tags closed in the wrong order", "<b><i>one</b></i> two", "one two"],
    ["tags closed that were not open", "</div></b>one", "one"],
  ],
};

describe("the plain text of a message", () => {
  for (const [group, cases] of Object.entries(TABLES)) {
    describe(group, () => {
      for (const [title, html, text] of cases) {
        it(title, () => {
          assert.equal(read(html), text);
        });
      }
    });
  }

  it("asks for each mention by its id, in their order", () => {
    const asked: string[] = [];
    readPlainText('<at id="7">a</at><at id="0">b</at><at>c</at>', (id) => {
      asked.push(id);
      return null;
    });
    assert.deepEqual(asked, ["7", "0", ""]);
  });

  it("puts in what a mention is replaced by as text, not as HTML", () => {
    assert.equal(
      readPlainText('a<at id="1">x</at>', () => " <b>&amp;"),
      "a <b>&amp;",
    );
  });

  const tag = fc.constantFrom(
    "p",
    "at",
    "attachment",
    "script",
    "br",
    "td",
    "img",
    "emoji",
    "svg",
    "form",
    "!--",
    "a",
  );
  const piece = fc.oneof(
    fc.string({ unit: "grapheme" }),
    tag.map((name) => `<${name}>`),
    tag.map((name) => `</${name}>`),
    tag.map((name) => `<${name} id="0" alt=">`),
    fc.constantFrom("&", "&#0;", "&#xD800;", "&#99999999;", "\u0000", "\ud800", "<![CDATA[", "<?", "]]>"),
  );
  it("is read from anything, without throwing, and is folded", () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = read(pieces.join(""));
        assert.equal(text, foldSpace(text));
      }),
    );
  });

  it("is what was said, when that is escaped", () => {
    const escape = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (said) => {
        assert.equal(read(`<p>${escape(said)}</p>`), foldSpace(said));
      }),
    );
  });
});

describe("a huge message", () => {
  const deep = (open: string, close = "") => `${open.repeat(100_000)}${close.repeat(100_000)}`;
  const HUGE: readonly [title: string, html: string, length: number][] = [
    ["200,000 opening brackets", "<".repeat(200_000), 200_000],
    ["200,000 ampersands", "&".repeat(200_000), 200_000],
    ["200,000 blanks", " ".repeat(200_000), 0],
    ["100,000 comments that never close", deep("<!--"), 0],
    ["100,000 attributes", `<a ${"x=1 ".repeat(100_000)}>text`, 4],
    ["100,000 paragraphs closed and never opened", `${deep("</p>")}text`, 4],
    ["100,000 tags, one in the other", deep("<b>", "</i>"), 0],
    ["100,000 mentions, one in the other", deep('<at id="0">'), 0],
    ["100,000 sections, one in the other", deep("<div>", "</div>"), 0],
    ["100,000 lines", "<p>a</p>".repeat(100_000), 199_999],
  ];
  for (const [title, html, length] of HUGE) {
    it(`is read in one pass: ${title}`, function () {
      this.timeout(2_000);
      assert.equal(read(html).length, length);
    });
  }

  it("is read as deep as any message is nested", () => {
    assert.equal(read(`${"<div>".repeat(400)}is down${"</div>".repeat(400)} again`), "is down\nagain");
  });
});

describe("folded blanks", () => {
  const FOLDED: readonly Case[] = [
    ["runs become one", "a \t\u00a0\u3000 b", "a b"],
    ["lines are trimmed, empty ones go", "  a  \r\n\n \n b ", "a\nb"],
    ["nothing stays nothing", " \n ", ""],
  ];
  for (const [title, text, folded] of FOLDED) {
    it(title, () => {
      assert.equal(foldSpace(text), folded);
    });
  }
});
