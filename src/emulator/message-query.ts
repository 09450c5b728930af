/** `$search` and `$filter` in a subscription's resource: which messages of a channel or chat are told. */
import { ApiFault } from "./api-fault.ts";
import { formatPlain, listMentions } from "./message-html.ts";
import type { Change, StoredMessage } from "./tenant-model.ts";

export type MessageQuery =
  /** In small letters; all of them, as whole words, in any order. */
  | { readonly kind: "words"; readonly words: readonly string[] }
  | { readonly kind: "mention"; readonly personId: string };

const MENTION = /^mentions\/any\(\s*(\w+)\s*:\s*(\w+)\/mentioned\/user\/id\s+eq\s+'((?:[^']|'')+)'\s*\)$/i;

/**
 * Reads what stands behind the question mark. Throws 400 for anything but one of the two forms.
 * Source: https://learn.microsoft.com/graph/teams-changenotifications-chatmessage
 */
export function parseMessageQuery(text: string): MessageQuery {
  const [option = "", ...others] = text.split("&");
  const [, name, raw = ""] = /^(?:\$|%24)(search|filter)=(.*)$/is.exec(option) ?? [];
  if (name === undefined || others.length > 0) {
    throw refuse(text, "Of query options, one $search or one $filter is supported.");
  }
  const value = decode(raw, text).trim();
  return name.toLowerCase() === "search" ? parseSearch(value, text) : parseFilter(value, text);
}

function parseSearch(value: string, text: string): MessageQuery {
  const [, quoted] = /^"((?:[^"\\]|\\.)*)"$/s.exec(value) ?? [];
  if (quoted === undefined && /["\s]/.test(value)) {
    throw refuse(text, 'More than one word of a $search stands in double quotes: $search="one two".');
  }
  const words = listWords((quoted ?? value).replace(/\\(.)/gs, "$1"));
  if (words.length > 0) return { kind: "words", words };
  throw refuse(text, "A $search needs a word.");
}

function parseFilter(value: string, text: string): MessageQuery {
  const [, declared, used, personId] = MENTION.exec(value) ?? [];
  if (personId !== undefined && declared === used) {
    return { kind: "mention", personId: personId.replaceAll("''", "'").toLowerCase() };
  }
  const form = "$filter=mentions/any(u: u/mentioned/user/id eq '{id}')";
  throw refuse(text, `A $filter of messages has one form: ${form}.`);
}

/**
 * As the message is after the change; a deletion, which leaves no words, as it was before. How Graph holds an edit
 * against the query is not documented.
 */
export function meetsQuery(
  query: MessageQuery | null,
  change: Extract<Change, { kind: "message" }>,
): boolean {
  if (query === null) return true;
  const { parts }: StoredMessage =
    change.cause === "deleted" && change.before ? change.before : change.message;
  if (query.kind === "mention")
    return listMentions(parts).some(({ id }) => id.toLowerCase() === query.personId);
  const found = new Set(listWords(formatPlain(parts)));
  return query.words.every((word) => found.has(word));
}

function listWords(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
}

function decode(raw: string, text: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    throw refuse(text, "It is not well encoded.");
  }
}

function refuse(text: string, what: string): ApiFault {
  return new ApiFault(400, "InvalidRequest", `The query '${text}' of the resource is not valid. ${what}`);
}
