/** A message's parts as the two services write them. */
import type { Part } from "./tenant-model.ts";

/** `<at id="0">Name</at>` as Graph writes it, the rest escaped. */
export function formatGraphHtml(parts: readonly Part[]): string {
  let mentions = 0;
  return parts
    .map((part) =>
      "text" in part
        ? escapeHtml(part.text).replaceAll("\n", "<br>")
        : `<at id="${mentions++}">${escapeHtml(part.mention.name)}</at>`,
    )
    .join("");
}

export interface SplitMention {
  readonly id: string;
  readonly name: string;
  /** What stands in the text: the name, or one word of it. */
  readonly text: string;
}

/**
 * As Graph shows what people type: a name of several words is a mention for each word, so that the last can be taken
 * away alone. `wholeIds` are what is not split: programs, teams, channels and chats.
 */
export function splitMentions(parts: readonly Part[], wholeIds: readonly string[]): SplitMention[] {
  return listMentions(parts).flatMap(({ id, name }) => {
    const words = wholeIds.includes(id) ? [name] : name.split(" ");
    return words.map((text) => ({ id, name, text }));
  });
}

/** The same as `formatGraphHtml`, with the mentions split. */
export function formatTypedHtml(parts: readonly Part[], wholeIds: readonly string[]): string {
  let mentions = 0;
  return parts
    .map((part) => {
      if ("text" in part) return escapeHtml(part.text).replaceAll("\n", "<br>");
      return splitMentions([part], wholeIds)
        .map(({ text }) => `<at id="${mentions++}">${escapeHtml(text)}</at>`)
        .join("&nbsp;");
    })
    .join("");
}

/** `<at>Name</at>` as Bot Framework writes it into `text`; all else is as typed. */
export function formatActivityText(parts: readonly Part[]): string {
  return parts.map((part) => ("text" in part ? part.text : `<at>${part.mention.name}</at>`)).join("");
}

export function listMentions(parts: readonly Part[]): { id: string; name: string }[] {
  return parts.flatMap((part) => ("mention" in part ? [part.mention] : []));
}

/** The text alone, mentions as names. */
export function formatPlain(parts: readonly Part[]): string {
  return parts.map((part) => ("text" in part ? part.text : part.mention.name)).join("");
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** `<at>Name</at>` stretches of a bot's text become mentions where an entity names them; the rest stays text. */
export function splitActivityText(
  text: string,
  entities: readonly { text: string; id: string; name: string }[],
): Part[] {
  const byText = new Map(entities.map((entity) => [entity.text, entity]));
  const parts: Part[] = [];
  for (const piece of text.split(/(<at>.*?<\/at>)/)) {
    const entity = byText.get(piece);
    const last = parts.at(-1);
    if (entity) parts.push({ mention: { id: entity.id, name: entity.name } });
    else if (last && "text" in last) parts.splice(-1, 1, { text: last.text + piece });
    else if (piece !== "") parts.push({ text: piece });
  }
  return parts;
}
