/** One action of a rule, made ready when the rules are read: templates are parsed once, and tried on a sample. */
import { findUnfilled, prepareCard, prepareText, type Filler, type TemplateData } from "./fill-template.ts";
import type { ListenerFile } from "./rule-grammar.ts";

export type RuleAction =
  | { readonly kind: "react"; readonly reaction: string }
  | { readonly kind: "reply-text"; readonly fill: Filler<string> }
  | { readonly kind: "reply-card"; readonly fill: Filler<object> };

/** Reads a card file, given its path as the file names it; null where there is none. */
export type ReadCard = (path: string) => string | null;

const SAMPLE: TemplateData = {
  sender: { name: "Sample" },
  message: { text: "sample" },
  rule: { name: "sample" },
};
const NAMES = "${sender.name}, ${message.text}, ${rule.name}";

/** Null where it is faulty; then the fault was reported. */
export function buildAction(
  action: ListenerFile["rules"][number]["then"][number],
  readCard: ReadCard,
  report: (text: string) => void,
): RuleAction | null {
  if ("react" in action) return { kind: "react", reaction: action.react };
  if (typeof action.reply === "string") {
    if (!isFillable({ text: action.reply }, report)) return null;
    return { kind: "reply-text", fill: prepareText(action.reply) };
  }
  const { card: path } = action.reply;
  const text = readCard(path);
  if (text === null) {
    report(`names the card ${path}, which is not there`);
    return null;
  }
  const template = parseCard(text);
  if (!template) {
    report(`names ${path}, which is not an Adaptive Card: it must be JSON with "type": "AdaptiveCard"`);
    return null;
  }
  const reportInCard = (fault: string) => {
    report(`${fault} (in ${path})`);
  };
  return isFillable(template, reportInCard) ? { kind: "reply-card", fill: prepareCard(template) } : null;
}

/** The card as JSON, or null where it is none. */
export function parseCard(text: string): object | null {
  try {
    const card: unknown = JSON.parse(text);
    return typeof card === "object" && card !== null && "type" in card && card.type === "AdaptiveCard"
      ? card
      : null;
  } catch {
    return null;
  }
}

function isFillable(template: object, report: (text: string) => void): boolean {
  const unfilled = findUnfilledSafely(template);
  for (const name of unfilled) report(`uses ${name}, which nothing fills; there are ${NAMES}`);
  return unfilled.length === 0;
}

/** An expression that does not parse throws in the engine: then the whole template is what is wrong. */
function findUnfilledSafely(template: object): string[] {
  try {
    return findUnfilled(template, SAMPLE);
  } catch {
    return ["an expression that is not valid"];
  }
}
