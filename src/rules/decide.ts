import type { Action, Decision } from "../model/decision.ts";
import type { Message } from "../model/message.ts";
import { readTemplateData } from "./fill-template.ts";
import type { RuleAction } from "./rule-action.ts";
import type { RuleBook } from "./rule-book.ts";

/** What the rules have to say to a message that nobody addressed to the bot. */
export function decide(message: Message, ruleBook: RuleBook): Decision {
  const rule = ruleBook.findRule(message.text);
  if (!rule) return { kind: "silent", reason: "no-rule" };
  const data = readTemplateData(message, rule.name);
  return { kind: "act", rule: rule.name, actions: rule.then.map((action) => fillAction(action, data)) };
}

function fillAction(action: RuleAction, data: object): Action {
  switch (action.kind) {
    case "react":
      return action;
    case "reply-text":
      return { kind: "reply", content: { kind: "text", text: action.fill(data) } };
    case "reply-card": {
      const card = action.fill(data);
      return { kind: "reply", content: { kind: "card", card, summary: readSummary(card) } };
    }
  }
}

/** What a notification shows of a card: its `fallbackText` or `speak`. */
export function readSummary(card: object): string {
  const { fallbackText, speak } = card as { fallbackText?: unknown; speak?: unknown };
  if (typeof fallbackText === "string") return fallbackText;
  return typeof speak === "string" ? speak : "Earshot sent a card";
}
