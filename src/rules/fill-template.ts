/**
 * Fills `${…}` in texts and cards by the Adaptive Cards Template language.
 * Source: https://learn.microsoft.com/adaptive-cards/templating/language
 */
// Not from the package root: its types pull in the TypeScript source of another package.
import { Template } from "adaptivecards-templating/lib/template-engine.js";
import { EarshotError } from "../errors.ts";
import type { Message } from "../model/message.ts";

/** What a template may name. */
export interface TemplateData {
  readonly sender: { readonly name: string };
  readonly message: { readonly text: string };
  readonly rule: { readonly name: string };
}

export function readTemplateData(message: Message, ruleName: string): TemplateData {
  return {
    sender: { name: defuseLinks(message.sender.name) },
    message: { text: defuseLinks(message.text) },
    rule: { name: ruleName },
  };
}

/** Fills a template that was read once. Throws `template-failed` where an expression fails on this data. */
export type Filler<Filled> = (data: object) => Filled;

/** `template` is the JSON of an Adaptive Card, or of any object. Throws what the engine throws on a bad expression. */
export function prepareCard(template: object): Filler<object> {
  const prepared = new Template(template);
  return (data) => {
    let filled: unknown;
    try {
      filled = prepared.expand({ $root: data });
    } catch (error) {
      throw new EarshotError("template-failed", "an expression of the template fails on this message", {
        cause: error,
      });
    }
    // A root with a `$when` that does not hold fills to nothing.
    if (typeof filled === "object" && filled !== null) return filled;
    throw new EarshotError("template-failed", "the template leaves nothing for this message");
  };
}

export function prepareText(text: string): Filler<string> {
  const fill = prepareCard({ text });
  return (data) => String((fill(data) as { text: unknown }).text);
}

/** Names in a template that `data` has not, or expressions that fail: what is left unfilled. */
export function findUnfilled(template: object, data: object): string[] {
  const left = JSON.stringify(prepareCard(template)(data)).match(/\$\{[^}]*\}/g) ?? [];
  return [...new Set(left)];
}

/**
 * Card text is a Markdown subset, and what people write goes into it: a zero-width space between `]` and `(` keeps
 * anybody from making the bot post a link under a false name, and is not seen.
 */
export function defuseLinks(text: string): string {
  return text.replaceAll("](", "]\u200b(");
}
