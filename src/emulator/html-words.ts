/** The words of a body that was given as HTML alone. */

const CHARACTERS: Readonly<Record<string, string>> = {
  ...{ amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " " },
};

/** Without tags: a new line where one ends a paragraph or an item, characters for their names. */
export function readHtmlWords(html: string): string {
  return html
    .replaceAll(/\s+/g, " ")
    .replaceAll(/<br\b[^>]*>|<\/(?:p|div|li|tr|h\d|blockquote|pre)>/gi, "\n")
    .replaceAll(/<[^>]*>/g, "")
    .replaceAll(/&(?:#(\d{1,6})|#x([\da-f]{1,5})|(\w+));/gi, readCharacter)
    .replaceAll(/ *\n */g, "\n")
    .trim();
}

function readCharacter(all: string, decimal?: string, hex?: string, name?: string): string {
  if (name !== undefined) return CHARACTERS[name] ?? all;
  const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
  return code <= 0x10_ffff ? String.fromCodePoint(code) : all;
}
