import type { ReplyContent } from "../model/decision.ts";
import type { ChatMessage } from "../wire/chat-message.ts";
import { foldSpace, readPlainText } from "../wire/plain-text.ts";

const CARD = "application/vnd.microsoft.card.adaptive";

/** Whether a message as Graph shows it is the reply that we sent, as far as what it says goes. */
export function saysTheSame({ body, attachments }: ChatMessage, content: ReplyContent): boolean {
  if (content.kind === "card") {
    const cards = (attachments ?? []).filter(({ contentType }) => contentType === CARD);
    return cards.some((card) => holds(readJson(card.content), content.card));
  }
  // We send plain text; whether Teams keeps it so or makes HTML of it is not documented, so either reading will do.
  const written = body?.content ?? "";
  const readings = [foldSpace(written), readPlainText(written, () => null)];
  return readings.some((reading) => reading.normalize() === foldSpace(content.text).normalize());
}

/**
 * Teams writes a card anew. We rely on this alone: what we wrote is still there, arrays in their order. Properties may
 * come in another order, more may have been filled in, and what says nothing (`null`, `$schema`) may be gone.
 */
function holds(found: unknown, written: unknown): boolean {
  if (written === null) return found === null || found === undefined;
  if (Array.isArray(written)) {
    return (
      Array.isArray(found) &&
      found.length === written.length &&
      written.every((each, index) => holds(found[index], each))
    );
  }
  if (typeof written !== "object") return found === written;
  if (typeof found !== "object" || found === null || Array.isArray(found)) return false;
  return Object.entries(written).every(
    ([name, value]) =>
      name === "$schema" ||
      value === undefined ||
      holds(Object.hasOwn(found, name) ? (found as Record<string, unknown>)[name] : undefined, value),
  );
}

function readJson(text: string | null | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}
