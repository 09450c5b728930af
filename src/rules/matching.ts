import AhoCorasick, { type BoundaryContext } from "modern-ahocorasick";
import type { RE2JS } from "re2js";

/** A rule's condition: any of the phrases, and the pattern, where they are given. */
export interface Condition {
  readonly phrases: readonly string[];
  readonly pattern: RE2JS | null;
}

/**
 * Answers the index of the first condition that holds for a text, or null. All phrases are looked for in one pass,
 * patterns are RE2: no rule and no message can make this slow.
 */
export function createMatcher(conditions: readonly Condition[]): (text: string) => number | null {
  const phrases = conditions.flatMap((condition, index) =>
    condition.phrases.map((phrase) => ({ pattern: foldText(phrase), data: index })),
  );
  const automaton = phrases.length > 0 ? new AhoCorasick<number>(phrases, { boundary: isWholeWord }) : null;

  return (text) => {
    const said = new Set<number>();
    for (const match of automaton?.search(foldText(text)) ?? []) {
      if (match.data !== undefined) said.add(match.data);
    }
    const found = conditions.findIndex(
      ({ phrases: wanted, pattern }, index) =>
        (wanted.length === 0 || said.has(index)) && (pattern === null || pattern.test(text)),
    );
    return found < 0 ? null : found;
  };
}

/**
 * One form for what reads the same: compatibility forms, case (`ß` is `ss`, and the four i of Turkish are one), the
 * apostrophes that people type, runs of blanks.
 */
export function foldText(text: string): string {
  return text
    .replaceAll("\u00b4", "'")
    .normalize("NFKC")
    .toLowerCase()
    .toUpperCase()
    .toLowerCase()
    .normalize("NFC")
    .replace(/[\u2018\u2019\u02bc`]/g, "'")
    .replaceAll("i\u0307", "i")
    .replace(/\s+/gu, " ")
    .trim();
}

/**
 * A letter, mark or digit, of a script that sets blanks between words; the others have no whole words to ask for. The
 * first character tells: an emoji may carry marks and joiners behind it, and a keycap is a digit with one.
 */
const WORD = /^[\p{L}\p{M}\p{N}_](?!\ufe0f?\u20e3)/u;
const UNSPACED =
  /^[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]/u;

function isWholeWord({ left, right, first, last }: BoundaryContext): boolean {
  return !isJoined(left, first) && !isJoined(last, right);
}

function isJoined(before: string | undefined, after: string | undefined): boolean {
  return isWordPart(before) && isWordPart(after);
}

function isWordPart(grapheme: string | undefined): boolean {
  return grapheme !== undefined && WORD.test(grapheme) && !UNSPACED.test(grapheme);
}
