/** What a message carries beside its words, as the control API takes it. */
import { z } from "zod";
import { ApiFault } from "./api-fault.ts";
import { readWords, word, type words } from "./control-shapes.ts";
import { readHtmlWords } from "./html-words.ts";
import type { ExtrasRequest } from "./message-extras.ts";
import { SYSTEM_EVENTS } from "./system-events.ts";

const text = z.string().min(1).max(28_000);
const sizePx = z.number().int().min(1).max(2_000).optional();

export const extras = {
  html: text.optional(),
  subject: word.optional(),
  importance: z.enum(["normal", "high", "urgent"]).optional(),
  attachments: z
    .array(
      z.union([
        z.strictObject({ file: word, url: z.url().optional() }),
        z.strictObject({ card: z.looseObject({}) }),
        z.strictObject({ code: text, language: word.optional() }),
      ]),
    )
    .max(10)
    .optional(),
  images: z
    .array(z.strictObject({ alt: word, widthPx: sizePx, heightPx: sizePx }))
    .max(10)
    .optional(),
  quoting: word.optional(),
  forwarding: word.optional(),
};

/**
 * A message may be without words where something hangs on it, and has those of its `html` where none are given beside.
 * Throws 400 where it is nothing at all, or where a mention has nobody: that comes by `parts`.
 */
export function readSaid(given: z.infer<z.ZodObject<typeof words & typeof extras>>) {
  const { html, subject, importance, attachments, images, quoting, forwarding } = given;
  const more: ExtrasRequest = { html, subject, importance, attachments, images, quoting, forwarding };
  if (given.parts === undefined && /<at\b/i.test(html ?? "")) {
    throw new ApiFault(400, "BadRequest", "html: who is mentioned in it is said by `parts`.");
  }
  const isBare = given.text === undefined && given.parts === undefined;
  const own = isBare && html !== undefined ? readHtmlWords(html) : "";
  const hangs = [attachments?.length, images?.length, quoting, forwarding].some(Boolean);
  return { ...(own !== "" || (isBare && hangs) ? { text: own } : readWords(given)), ...more };
}

export const systemEvent = {
  conversation: word,
  event: z.enum(SYSTEM_EVENTS),
  by: word.optional(),
  members: z.array(word).max(100).optional(),
  name: word.optional(),
};

export const policy = {
  action: z.enum(["notifySender", "blockAccess"]).optional(),
  conditions: z.array(word).max(20).optional(),
};

/** Another program. */
export const app = z.strictObject({
  id: word,
  name: word,
  type: z.enum(["bot", "aadApplication", "office365Connector", "outgoingWebhook"]).optional(),
});
