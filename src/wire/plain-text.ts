import { Parser, type Handler } from "htmlparser2";

const BLOCKS = new Set([
  "p",
  "div",
  "br",
  "li",
  "tr",
  "table",
  "blockquote",
  "pre",
  "codeblock",
  "h1",
  "h2",
  "h3",
  "h4",
  "h5",
  "h6",
  "hr",
]);
/** Their text stands apart from their neighbours', on the same line. */
const CELLS = new Set(["td", "th"]);
/** What stands in them is nothing that a person reads. */
const UNSEEN = new Set(["attachment", "script", "style"]);
/** No message is nested deeper; the parser's time for each tag grows with the depth. */
const MOST_DEPTH = 500;

/**
 * The text of a message's HTML as a person reads it: a line a block, emoji as their characters, images as their
 * alternative text. `replaceMention` says what stands for the `<at id="n">` with that id; null keeps its name.
 * Parses once, in time linear in the input: what lies deeper than any message is nested is not read.
 */
export function readPlainText(html: string, replaceMention: (id: string) => string | null): string {
  let text = "";
  let skipped = 0;
  let depth = 0;
  const addBreak = (name: string) => {
    if (BLOCKS.has(name)) text += "\n";
    if (CELLS.has(name)) text += " ";
  };
  const handler: Partial<Handler> = {
    onopentag(name, attributes) {
      depth += 1;
      if (depth > MOST_DEPTH) parser.pause();
      addBreak(name);
      if ((name === "emoji" || name === "img") && !skipped) text += attributes.alt ?? "";
      if (name === "at") {
        const replacement = skipped ? "" : replaceMention(attributes.id ?? "");
        if (replacement !== null) {
          text += replacement;
          skipped += 1;
        }
      }
      if (UNSEEN.has(name)) skipped += 1;
    },
    ontext(data) {
      if (!skipped) text += data;
    },
    onclosetag(name) {
      depth -= 1;
      addBreak(name);
      if ((name === "at" || UNSEEN.has(name)) && skipped) skipped -= 1;
    },
  };
  const parser = new Parser(handler, { recognizeSelfClosing: true });
  parser.end(html);
  return foldSpace(text);
}

/** Runs of blanks become one, lines are trimmed, empty lines go. */
export function foldSpace(text: string): string {
  return text
    .split(/[\r\n]+/)
    .map((line) => line.replace(/[\s\u00a0]+/gu, " ").trim())
    .filter((line) => line !== "")
    .join("\n");
}
