/** The grammar of `listener.yaml`. `listener.schema.json` is made from it, so that editors complete what we read. */
import { z } from "zod";
import { listenEntry } from "./listen-grammar.ts";

const words = z.string().trim().min(1).max(200);

const reply = z
  .union([
    z
      .string()
      .min(1)
      .max(4_000)
      .describe("Text; ${sender.name}, ${message.text} and ${rule.name} are filled in."),
    z
      .strictObject({
        card: z.string().min(1).describe("Path of an Adaptive Card template, from this file's folder."),
      })
      .describe("An Adaptive Card."),
  ])
  .describe("Answer in the thread of the message.");

const action = z
  .union([
    z.strictObject({
      react: z
        .string()
        .regex(
          /^[A-Za-z0-9_-]{1,64}$/,
          "must be the id of a Teams reaction, such as like or 1f440_eyes, not the emoji itself",
        )
        .describe("Id of a Teams reaction, such as like, heart, 1f440_eyes or 2705_whiteheavycheckmark."),
    }),
    z.strictObject({ reply }),
  ])
  .describe("One thing to do: `react` or `reply`.");

const rule = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "must be lower-case letters, digits and hyphens, at most 64")
    .describe("Lower-case letters, digits and hyphens; shown in traces and kept in the ledger."),
  when: z
    .strictObject({
      text: z
        .union([words, z.array(words).min(1).max(1_000)])
        .optional()
        .describe("Any of these words or phrases, as whole words, in upper or lower case."),
      matches: z
        .string()
        .min(1)
        .max(1_000)
        .optional()
        .describe("An RE2 pattern that the text holds somewhere."),
    })
    .refine((when) => when.text !== undefined || when.matches !== undefined, "needs `text` or `matches`")
    .describe("What must be said. With both `text` and `matches`, both must hold."),
  then: z.array(action).min(1).max(10).describe("What to do, in this order."),
});

export const listenerGrammar = z.strictObject({
  listen: z
    .array(listenEntry)
    .min(1)
    .max(10_000)
    .default(["installed"])
    .describe("What to listen to; if nothing is said, where the app is installed."),
  rules: z
    .array(rule)
    .max(10_000)
    .describe("The first rule that fits a message answers it; the others stay silent."),
});

export type ListenerFile = z.output<typeof listenerGrammar>;

/** JSON Schema (draft 2020-12) of the file, for editors. */
export function buildListenerSchema(): object {
  return { title: "Earshot's listener.yaml", ...z.toJSONSchema(listenerGrammar, { io: "input" }) };
}
