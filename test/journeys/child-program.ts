import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";

export const PROJECT = resolve(import.meta.dirname, "../..");

export interface Program {
  readonly child: ChildProcess;
  /** All that was printed so far. */
  output(): string;
  /** Resolves with the match when the output holds the pattern; rejects when the program ends without it. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
  /** Sends the signal to the whole group and resolves with exit code and what it printed. */
  end(signal?: NodeJS.Signals): Promise<{ code: number | null; output: string }>;
  /** Resolves when it ends by itself. */
  ended: Promise<{ code: number | null; output: string }>;
}

/** Starts `npm <words>` in the project as a person would, or another command, with this environment and no settings of ours. */
export function startProgram(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
  command = "npm",
): Program {
  const child = spawn(command, [...words], {
    cwd: PROJECT,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let output = "";
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      for (const listener of listeners) listener();
    });
  }
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, output }));
  return {
    child,
    ended,
    output: () => output,
    waitFor: (pattern) =>
      new Promise((done, reject) => {
        const look = () => {
          const match = pattern.exec(output);
          if (match) done(match);
        };
        listeners.add(look);
        look();
        void ended.then(() => {
          reject(new Error(`the program ended without printing ${pattern}:\n${output}`));
        });
      }),
    end: async (signal = "SIGTERM") => {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, signal);
      return ended;
    },
  };
}
