/** What every command of `npx earshot` is made of. */
import type { Environment } from "../config.ts";
import type { Edges } from "../edges.ts";
import type { StartTenant } from "./standing-tenant.ts";

export interface Command {
  readonly name: string;
  /** Half a line, for the list of commands. */
  readonly summary: string;
  /** The whole of `--help`; its first paragraph is the usage. */
  readonly help: string;
  /** May reject: then a fault was found, and its message is told. */
  run(words: readonly string[], surroundings: Surroundings): Promise<ExitCode | Misuse>;
}

/** 0 = all is well, 1 = a fault was found, 2 = it was called wrongly. */
export type ExitCode = 0 | 1 | 2;

/** The words do not fit the command: what is wrong with them. */
export interface Misuse {
  readonly misuse: string;
}

export interface Surroundings {
  readonly environment: Environment;
  /** Folder that holds `package.json`. */
  readonly projectDir: string;
  /** Their log says nothing: a command tells by itself what there is to tell. */
  readonly edges: Edges;
  /** The result, and nothing else, so that a machine can read it. */
  readonly print: (line: string) => void;
  /** What went wrong. */
  readonly printFault: (line: string) => void;
  /** Loads the emulated tenant and starts it. */
  readonly startTenant: StartTenant;
  /** Resolves when a signal asks the program to end; from the call on that is all that such a signal does. */
  readonly untilAskedToEnd: () => Promise<void>;
}
