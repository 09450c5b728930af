/** Reads `listener.yaml` and the cards it names, and the bot's own cards beside it. */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { EarshotError } from "./errors.ts";
import type { ConversationCards } from "./rules/converse.ts";
import { prepareCard, type Filler } from "./rules/fill-template.ts";
import { parseCard } from "./rules/rule-action.ts";
import { parseRuleBook, type RuleBook } from "./rules/rule-book.ts";

/** The cards that answer `help` and `status`; a deployment may change their words. */
const OWN_CARDS = new URL("../cards/", import.meta.url);

/** Throws `listener-file-invalid` with every fault by file, line, rule and remedy. */
export function loadRuleBook(file: string): RuleBook {
  const text = readTextOrNull(file);
  if (text === null) {
    throw new EarshotError(
      "listener-file-invalid",
      `The rules cannot be used: ${resolve(file)} is not there or cannot be read. Name the file in LISTENER_FILE.`,
    );
  }
  return parseRuleBook({ file, text, readCard: (path) => readTextOrNull(resolve(dirname(file), path)) });
}

/** Throws `listener-file-invalid`. */
export function loadConversationCards(): ConversationCards {
  return { help: loadCard("help.json"), status: loadCard("status.json") };
}

function loadCard(name: string): Filler<object> {
  const text = readTextOrNull(new URL(name, OWN_CARDS));
  const card = text === null ? null : parseCard(text);
  if (!card)
    throw new EarshotError("listener-file-invalid", `cards/${name} is not there, or not an Adaptive Card`);
  return prepareCard(card);
}

function readTextOrNull(file: string | URL): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
