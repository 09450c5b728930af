/**
 * Fills `${…}` in texts and cards by the Adaptive Cards Template language.
 * Source: https://learn.microsoft.com/adaptive-cards/templating/language
 */
// Not from the package root: its types pull in the TypeScript source of another package.
import { Template } from "adaptivecards-templating/lib/template-engine.js";
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

/** `payload` is any JSON; answers a filled copy. */
export function fillTemplate<Payload extends object>(payload: Payload, data: object): Payload {
  return new Template(payload).expand({ $root: data }) as Payload;
}

export function fillText(text: string, data: object): string {
  const { filled } = fillTemplate({ filled: text }, data) as { filled: unknown };
  return String(filled);
}

/** Names in `payload` that `data` has not, or expressions that fail: what is left unfilled. */
export function findUnfilled(payload: object, data: object): string[] {
  const left = JSON.stringify(fillTemplate(payload, data)).match(/\$\{[^}]*\}/g) ?? [];
  return [...new Set(left)];
}

/**
 * Card text is a Markdown subset, and what people write goes into it: a zero-width space between `]` and `(` keeps
 * anybody from making the bot post a link under a false name, and is not seen.
 */
function defuseLinks(text: string): string {
  return text.replaceAll("](", "]\u200b(");
}
