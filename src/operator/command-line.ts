/** `npx earshot <command>`: finds the command, runs it, and tells what went wrong. */
import { EarshotError, toEarshotError } from "../errors.ts";
import type { Command, ExitCode, Surroundings } from "./command.ts";
import { keysCommand } from "./keys-command.ts";
import { packageCommand } from "./package-command.ts";
import { replayCommand } from "./replay.ts";
import { subscriptionsCommand } from "./subscriptions-command.ts";
import { tenantCommand } from "./tenant-command.ts";

const COMMANDS: readonly Command[] = [
  keysCommand,
  packageCommand,
  replayCommand,
  subscriptionsCommand,
  tenantCommand,
];

/** Resolves to the exit code and does not reject. `words` begin with the command. */
export async function runCommandLine(
  words: readonly string[],
  surroundings: Surroundings,
): Promise<ExitCode> {
  const [name = "", ...rest] = words;
  if (asksForHelp(name)) {
    surroundings.print(formatList());
    return 0;
  }
  const command = COMMANDS.find((known) => known.name === name);
  if (!command) {
    surroundings.printFault(`There is no command "${name}".\n\n${formatList()}`);
    return 2;
  }
  if (rest.some(asksForHelp)) {
    surroundings.print(command.help);
    return 0;
  }
  try {
    const result = await command.run(rest, surroundings);
    if (typeof result === "number") return result;
    const [usage] = command.help.split("\n\n");
    surroundings.printFault(`${result.misuse}\n${usage}`);
    return 2;
  } catch (thrown) {
    report(thrown, rest.includes("--json"), surroundings);
    return 1;
  }
}

function asksForHelp(word: string): boolean {
  return word === "--help" || word === "-h";
}

/** A machine reads what went wrong where it would have read the result. */
function report(thrown: unknown, isJson: boolean, { print, printFault }: Surroundings): void {
  const { code, message, cause } = toEarshotError(thrown);
  if (isJson) print(JSON.stringify({ fault: { code, message } }));
  else if (thrown instanceof EarshotError) printFault(message);
  else printFault((cause instanceof Error ? cause.stack : undefined) ?? message);
}

function formatList(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  return [
    "Usage: earshot [<command>] [--help]",
    "",
    "Without a command Earshot starts, as it does with npm start.",
    "",
    ...COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    "",
    "earshot <command> --help tells more. It exits with 0: all is well, 1: a fault was found, 2: called wrongly.",
  ].join("\n");
}
