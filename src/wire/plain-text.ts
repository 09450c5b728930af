import { Parser } from "htmlparser2";

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
]);

/**
 * The text of a message's HTML as a person reads it: a line a block, emoji as their characters, images as their
 * alternative text. `replaceMention` says what stands for the `<at id="n">` with that id; null keeps its name.
 * Parses once, in time linear in the input.
 */
export function readPlainText(html: string, replaceMention: (id: string) => string | null): string {
  let text = "";
  let skipped = 0;
  const parser = new Parser({
    onopentag(name, attributes) {
      if (BLOCKS.has(name)) text += "\n";
      if (name === "emoji" || name === "img") text += attributes.alt ?? "";
      if (name === "at") {
        const replacement = skipped ? "" : replaceMention(attributes.id ?? "");
        if (replacement !== null) {
          text += replacement;
          skipped += 1;
        } else if (skipped) skipped += 1;
      }
      if (name === "attachment") skipped += 1;
    },
    ontext(data) {
      if (!skipped) text += data;
    },
    onclosetag(name) {
      if (BLOCKS.has(name)) text += "\n";
      if ((name === "at" || name === "attachment") && skipped) skipped -= 1;
    },
  });
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
