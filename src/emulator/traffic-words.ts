/** The words of a made-up message: a line of its language, filled in and dressed by its form. */
import type { Part } from "./tenant-model.ts";
import type { TrafficDice } from "./traffic-dice.ts";
import type { Tongue } from "./traffic-tongue.ts";

export type TrafficForm = "plain" | "emoji" | "long" | "code" | "quote" | "mention" | "bot-mention";

/** A piece of code, which Teams keeps beside the words. */
export interface Snippet {
  readonly language: string;
  readonly code: string;
}

/** With skin tones, joined families, flags and keycaps: what a careless reader cuts in two. */
const EMOJI: readonly string[] = [
  ...["🙂", "🎉", "🚀", "👀", "🔥", "💡", "✅", "🙏🏽", "👍🏿", "🤷‍♀️", "👩‍💻", "👨‍👩‍👧‍👦", "🇸🇪", "🇯🇵", "🏳️‍🌈", "3️⃣", "❤️‍🔥"],
];

const CODE: readonly Snippet[] = [
  {
    language: "SQL",
    code: "SELECT id, state FROM jobs\nWHERE host = '{host}' AND state <> 'done'\nORDER BY id DESC LIMIT {count};",
  },
  {
    language: "JSON",
    code: '{ "ticket": "{ticket}", "host": "{host}", "tags": ["<p1>", "a & b"], "retries": {count} }',
  },
  { language: "Bash", code: "ssh {host} 'systemctl status nginx | head -{count}'" },
  {
    language: "TypeScript",
    code: 'const open = tickets.filter(({ id }) => id !== "{ticket}" && !isDone(id));',
  },
  {
    language: "Python",
    code: "Traceback (most recent call last):\n  File \"/srv/app/sync.py\", line {count}, in <module>\n    raise TimeoutError('{host}')",
  },
];

const TO_BOT: readonly string[] = [" help", " status", " are you listening here?"];

const QUOTED_AT_MOST = 120;
const LONG_BLOCKS = [4, 18] as const;

/** Puts made-up values in place of `{ticket}`, `{host}`, `{room}`, `{floor}`, `{time}` and `{count}`. */
function fillLine(dice: TrafficDice, line: string): string {
  return line.replaceAll(/\{(ticket|host|room|floor|time|count)\}/g, (_, name: string) => {
    const two = (least: number, most: number) => String(dice.count(least, most)).padStart(2, "0");
    switch (name) {
      case "ticket":
        return `INC${dice.count(100_000, 999_999)}`;
      case "host":
        return `${dice.pick(["srv", "app", "db", "gw"])}-${dice.pick(["fra", "osl", "lis", "tyo"])}-${two(1, 24)}`;
      case "room":
        return `${dice.count(0, 6)}.${two(1, 40)}`;
      case "floor":
        return String(dice.count(1, 6));
      case "time":
        return `${two(7, 18)}:${two(0, 59)}`;
      default:
        return String(dice.count(2, 30));
    }
  });
}

export interface WordsRequest {
  readonly form: TrafficForm;
  readonly tongue: Tongue;
  readonly line: string;
  /** What a quote takes up within the words; null: it stands beside them. */
  readonly quoted: string | null;
  readonly mentioned: { readonly id: string; readonly name: string };
}

export function writeWords(dice: TrafficDice, request: WordsRequest): readonly Part[] {
  const { form, tongue, mentioned } = request;
  const line = fillLine(dice, request.line);
  switch (form) {
    case "plain":
    case "code":
      return [{ text: line }];
    case "emoji":
      return [
        { text: `${line} ${Array.from({ length: dice.count(1, 3) }, () => dice.pick(EMOJI)).join("")}` },
      ];
    case "long":
      return [{ text: writeLong(dice, tongue, line) }];
    case "quote":
      return [{ text: request.quoted === null ? line : `> ${shorten(request.quoted)}\n${line}` }];
    case "mention":
      return [{ mention: mentioned }, { text: fillLine(dice, dice.pick(tongue.asks)) }];
    case "bot-mention":
      return [{ mention: mentioned }, { text: dice.pick(TO_BOT) }];
  }
}

export function writeSnippet(dice: TrafficDice): Snippet {
  const { language, code } = dice.pick(CODE);
  return { language, code: fillLine(dice, code) };
}

export function writeSubject(dice: TrafficDice, { headings }: Tongue): string {
  return fillLine(dice, dice.pick(headings));
}

/** What an edited message says: as it was, and a line more. */
export function writeAfterthought(
  dice: TrafficDice,
  tongue: Tongue,
  parts: readonly Part[],
): readonly Part[] {
  return [...parts, { text: `\n${fillLine(dice, dice.pick(tongue.afterthoughts))}` }];
}

/** A report under a heading, some thousand characters long: paragraphs and lists. */
function writeLong(dice: TrafficDice, tongue: Tongue, line: string): string {
  const lines = tongue.topics.flatMap(({ roots, replies }) => [...roots, ...replies]);
  const say = () => fillLine(dice, dice.pick(lines));
  const blocks = Array.from({ length: dice.count(...LONG_BLOCKS) }, () =>
    dice.falls(0.5)
      ? Array.from({ length: dice.count(3, 6) }, (_, index) => `${index + 1}. ${say()}`).join("\n")
      : Array.from({ length: dice.count(3, 6) }, say).join(" "),
  );
  return [writeSubject(dice, tongue), line, ...blocks].join("\n\n");
}

/** Its first line; a character made of several is not cut. */
function shorten(text: string): string {
  const [first = ""] = text.split("\n");
  const signs = [...new Intl.Segmenter().segment(first)].map(({ segment }) => segment);
  return signs.length > QUOTED_AT_MOST ? `${signs.slice(0, QUOTED_AT_MOST).join("")}…` : first;
}
