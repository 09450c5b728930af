/** What a message carries beside its words, as the control API takes it. */
import { z } from "zod";
import { readWords, word, type words } from "./control-shapes.ts";
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

/** A message may be without words where something hangs on it. Throws 400 where it is nothing at all. */
export function readSaid(given: z.infer<z.ZodObject<typeof words & typeof extras>>) {
  const { html, subject, importance, attachments, images, quoting, forwarding } = given;
  const more: ExtrasRequest = { html, subject, importance, attachments, images, quoting, forwarding };
  const isBare = given.text === undefined && given.parts === undefined;
  const hangs = [attachments?.length, images?.length, quoting, forwarding].some(Boolean);
  return { ...(isBare && hangs ? { text: "" } : readWords(given)), ...more };
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
