/** Earshot as a program of its own, which can be killed at any moment and started again. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const PROJECT = resolve(import.meta.dirname, "../..");
/** The pinned one itself, without npm around it: a kill hits the bot. */
const NODE = join(PROJECT, "node_modules/node/bin/node");
const LISTENING = "Earshot is listening";
/** The bot promises ten seconds. */
const STOP_PATIENCE_MS = 15_000;

export interface BotProcess {
  readonly adminUrl: string;
  /** Resolves when it listens, or was killed before; rejects with what it printed where it ends by itself. */
  start(): Promise<"listening" | "killed">;
  /** Ends it at once, as a crash does: the signal is out when this returns, the process gone when it resolves. */
  kill(): Promise<void>;
  /** Asks it to end; answers its exit code, null where it had to be killed. */
  stop(): Promise<number | null>;
  pid(): number | undefined;
  /** Every line that it printed, of every start. */
  readonly lines: readonly string[];
  /** How often it ended though nobody asked it to. */
  readonly deaths: () => number;
}

export function createBotProcess(needs: {
  settings: Readonly<Record<string, string>>;
  port: number;
  adminPort: number;
}): BotProcess {
  const lines: string[] = [];
  const asked = new Set<ChildProcess>();
  let child: ChildProcess | null = null;
  let deaths = 0;

  const read = (started: ChildProcess, onLine: (line: string) => void): void => {
    for (const stream of [started.stdout!, started.stderr!]) {
      let rest = "";
      stream.setEncoding("utf8").on("data", (text: string) => {
        const found = (rest + text).split("\n");
        rest = found.pop() ?? "";
        for (const line of found) {
          lines.push(line);
          onLine(line);
        }
      });
    }
  };

  const start = async (): Promise<"listening" | "killed"> => {
    const started = spawn(NODE, [join(PROJECT, "src/main.ts")], {
      cwd: PROJECT,
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        // With every step, so that a verdict can tell what became of a message.
        LOG_LEVEL: "debug",
        ...needs.settings,
        PORT: String(needs.port),
        ADMIN_PORT: String(needs.adminPort),
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    child = started;
    const from = lines.length;
    const { promise, resolve: settle } = Promise.withResolvers<"listening" | "ended">();
    read(started, (line) => {
      if (line.startsWith(LISTENING)) settle("listening");
    });
    started.once("close", () => {
      if (!asked.has(started)) deaths += 1;
      settle("ended");
    });
    if ((await promise) === "listening") return "listening";
    if (asked.has(started)) return "killed";
    throw new Error(`the bot did not start:\n${lines.slice(from).join("\n").slice(-3_000)}`);
  };

  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    const running = child;
    child = null;
    if (running?.exitCode !== null || running.signalCode !== null) {
      return running?.exitCode ?? null;
    }
    asked.add(running);
    const closed = once(running, "close") as Promise<[number | null]>;
    running.kill(signal);
    const patience = new AbortController();
    void pause(STOP_PATIENCE_MS, undefined, { signal: patience.signal }).then(
      () => running.kill("SIGKILL"),
      () => undefined,
    );
    const [code] = await closed;
    patience.abort();
    return code;
  };

  return {
    adminUrl: `http://127.0.0.1:${needs.adminPort}`,
    start,
    kill: async () => {
      await end("SIGKILL");
    },
    stop: () => end("SIGTERM"),
    pid: () => child?.pid,
    lines,
    deaths: () => deaths,
  };
}

export interface InboxRows {
  readonly waiting: number;
  readonly claimed: number;
  readonly parked: number;
}

/** As its metrics tell; NaN where they tell nothing. */
export async function readRows({ adminUrl }: BotProcess): Promise<InboxRows> {
  const answer = await fetch(`${adminUrl}/metrics`, { signal: AbortSignal.timeout(5_000) });
  const text = await answer.text();
  const read = (state: string) =>
    Number(new RegExp(`^earshot_inbox_rows\\{state="${state}"\\} (\\d+)$`, "m").exec(text)?.[1] ?? NaN);
  return { waiting: read("waiting"), claimed: read("claimed"), parked: read("parked") };
}
