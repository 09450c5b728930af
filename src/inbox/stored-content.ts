/** What lies in the inbox of a message: sealed, as it came, or where to read it. */
import { parseEncryptedContent, type EncryptedContent } from "../wire/change-notification.ts";
import { parseJson } from "../wire/parse-json.ts";

export type StoredContent =
  | { readonly kind: "sealed"; readonly content: EncryptedContent }
  /** Graph's path of the message, after the version. */
  | { readonly kind: "fetch"; readonly path: string };

/** Null: there is none. */
export function formatStoredContent(stored: StoredContent | null): string {
  if (stored === null) return "";
  return JSON.stringify(stored.kind === "sealed" ? stored.content : { fetch: stored.path });
}

/** Throws `wire-shape`. */
export function readStoredContent(text: string): StoredContent {
  const stored = parseJson(text, "stored content");
  if (
    typeof stored === "object" &&
    stored !== null &&
    "fetch" in stored &&
    typeof stored.fetch === "string"
  ) {
    return { kind: "fetch", path: stored.fetch };
  }
  return { kind: "sealed", content: parseEncryptedContent(stored) };
}
