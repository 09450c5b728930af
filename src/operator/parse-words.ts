import { parseArgs, type ParseArgsConfig } from "node:util";
import type { Misuse } from "./command.ts";

type Options = NonNullable<ParseArgsConfig["options"]>;
type Values<Known extends Options> = ReturnType<
  typeof parseArgs<{ options: Known; strict: true; allowPositionals: false }>
>["values"];

/** What stands after a command's name, by its options; a word that belongs to none is misuse. */
export function parseWords<const Known extends Options>(
  words: readonly string[],
  options: Known,
): { readonly values: Values<Known> } | Misuse {
  try {
    return parseArgs({ args: [...words], options, strict: true, allowPositionals: false });
  } catch (error) {
    // Node goes on with advice on values that begin with a dash, which no command of ours takes.
    const [fault = ""] = (error instanceof Error ? error.message : String(error)).split(/\.?\n|\. /);
    return { misuse: `${fault.replace(/\.$/, "")}.` };
  }
}
