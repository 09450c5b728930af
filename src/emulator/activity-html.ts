/** A message's text as an activity carries it beside the plain one: the mark-up of Teams' own editor. */
import { formatGraphHtml } from "./message-html.ts";
import type { Part } from "./tenant-model.ts";

const SCHEMA = "http://schema.skype.com/Mention";

/** A mention is a `span` with its place among the mentions, and the blank after it is kept from breaking. */
export function formatActivityHtml(parts: readonly Part[]): string {
  let mentions = 0;
  let isAfterMention = false;
  const written = parts.map((part) => {
    if ("mention" in part) {
      isAfterMention = true;
      const name = formatGraphHtml([{ text: part.mention.name }]);
      return `<span itemtype="${SCHEMA}" itemscope="" itemid="${mentions++}">${name}</span>`;
    }
    const html = formatGraphHtml([part]);
    const kept = isAfterMention ? html.replace(/^ /, "&nbsp;") : html;
    isAfterMention = false;
    return kept;
  });
  return `<p>${written.join("")}</p>`;
}
