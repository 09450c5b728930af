/**
 * A message being written: plain text, and which stretches of it are mentions. Only a picked mention is one; the
 * same letters typed by hand stay text, as in Teams.
 */

export const emptyDraft = { text: "", mentions: [] };

export function draftFrom(parts) {
  let text = "";
  const mentions = [];
  for (const part of parts) {
    if (part.mention) {
      const start = text.length;
      text += `@${part.mention.name}`;
      mentions.push({ ...part.mention, start, end: text.length });
    } else text += part.text;
  }
  return { text, mentions };
}

/** The draft after an edit of its text: mentions behind the edit move along, those it touched become text. */
export function withText(draft, text) {
  const old = draft.text;
  const shorter = Math.min(old.length, text.length);
  let head = 0;
  while (head < shorter && old[head] === text[head]) head++;
  let tail = 0;
  while (tail < shorter - head && old.at(-1 - tail) === text.at(-1 - tail)) tail++;

  const changedTo = old.length - tail;
  const shift = text.length - old.length;
  const mentions = draft.mentions.flatMap((mention) => {
    if (mention.end <= head) return [mention];
    if (mention.start < changedTo) return [];
    return [{ ...mention, start: mention.start + shift, end: mention.end + shift }];
  });
  return { text, mentions };
}

/** Puts a mention in place of the stretch from…to; answers the draft and where the caret then belongs. */
export function withMention(draft, from, to, who) {
  const name = `@${who.name}`;
  const rest = draft.text.slice(to);
  const gap = /^\s/.test(rest) ? "" : " ";
  const cleared = withText(draft, draft.text.slice(0, from) + rest);
  const widened = withText(cleared, draft.text.slice(0, from) + name + gap + rest);
  const mention = { id: who.id, name: who.name, start: from, end: from + name.length };
  return {
    draft: {
      text: widened.text,
      mentions: [...widened.mentions, mention].sort((a, b) => a.start - b.start),
    },
    caret: mention.end + 1,
  };
}

/** The parts to send, without blank ends; none when there is nothing to say. */
export function partsOf({ text, mentions }) {
  const parts = [];
  let at = 0;
  for (const { id, name, start, end } of mentions) {
    if (start > at) parts.push({ text: text.slice(at, start) });
    parts.push({ mention: { id, name } });
    at = end;
  }
  if (at < text.length) parts.push({ text: text.slice(at) });
  if (parts[0]?.text !== undefined) parts[0] = { text: parts[0].text.trimStart() };
  const last = parts.length - 1;
  if (parts[last]?.text !== undefined) parts[last] = { text: parts[last].text.trimEnd() };
  return parts.filter((part) => part.text !== "");
}

/** The `@…` being typed right before the caret, or null. */
export function mentionQuery({ text, mentions }, caret) {
  const typed = /(?:^|[\s(])@([^@\n]{0,30})$/.exec(text.slice(0, caret));
  if (!typed) return null;
  const from = caret - typed[1].length - 1;
  const isPicked = mentions.some(({ start }) => start === from);
  return isPicked ? null : { from, to: caret, words: typed[1].toLowerCase() };
}

/** Those whom the typed words can mean: the whole name or one of its words begins so. */
export const matching = (everyone, { words }) =>
  everyone.filter(({ name }) => {
    const lower = name.toLowerCase();
    return lower.startsWith(words) || lower.split(" ").some((word) => word.startsWith(words));
  });
