/**
 * Environment in, program out: reads settings and command, starts, and stops on a signal. The only user of `process`.
 * The service is loaded where it starts: a command needs none of it.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import pretty from "pino-pretty";
import { checkSettings, parseConfig, parseListenerFile, parseLogLevel, type Environment } from "./config.ts";
import { createEdges, type Edges, type Log } from "./edges.ts";
import { EarshotError, toEarshotError } from "./errors.ts";
import { loadRuleBook } from "./listener-file.ts";

interface Running {
  /** What a person reads first. */
  readonly greeting: string;
  stop(): Promise<void>;
}

/** As a shell tells it of a program that a signal ended: 128 and the signal's number. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
const LONGEST_START_MS = 5_000;
/** npm and npx hand on a Ctrl+C that the terminal has given the program already: both are one. */
const ECHO_MS = 500;

const words = process.argv.slice(2);
if (words.length === 0) await serve(process.env);
else process.exitCode = await runCommand(words, process.env);

async function serve(environment: Environment): Promise<void> {
  const edges = createEdges(createLog(environment));
  try {
    const starting = environment.BOT_ID?.trim()
      ? startOnCloud(environment, edges)
      : startOnEmulatedTenant(environment, edges);
    stopOnSignal(starting, edges);
    const { greeting } = await starting;
    process.stdout.write(`${greeting}\n`);
  } catch (thrown) {
    const error = toEarshotError(thrown);
    const isOurs = thrown instanceof EarshotError;
    process.stderr.write(`${isOurs ? error.message : (error.cause as Error).stack}\n`);
    process.exit(1);
  }
}

/** As it stands in a URL. */
function formatHost(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

async function startOnCloud(environment: Environment, edges: Edges): Promise<Running> {
  const config = checkTogether(() => parseConfig(environment), checkRules(environment));
  const { startService } = await import("./service.ts");
  const service = await startService({ config, edges });
  return {
    greeting: `Earshot is listening on port ${service.port} for ${config.endpoints.bot}. Live page: http://${formatHost(config.admin.host)}:${service.adminPort}/`,
    stop: service.stop,
  };
}

/** No tenant at hand: one is emulated in this process, and the bot reaches it over HTTP as it would the real one. */
async function startOnEmulatedTenant(environment: Environment, edges: Edges): Promise<Running> {
  checkTogether(() => {
    checkSettings(environment);
  }, checkRules(environment));
  const { startDemo } = await import("./emulator/demo.ts");
  const { startService } = await import("./service.ts");
  const dataDir = await makeDataDir();
  const forget = () => rm(dataDir, { recursive: true, force: true });
  const manifest = await readFile(new URL("../appPackage/manifest.json", import.meta.url), "utf8");
  const starting = startDemo({
    environment,
    edges,
    dataDir,
    manifest: JSON.parse(manifest) as unknown,
    startBot: async (settings) => {
      const config = parseConfig({ ...environment, ...settings });
      return startService({ config, edges, publicHost: "127.0.0.1" });
    },
  });
  const demo = await starting.catch(async (error: unknown) => {
    await forget();
    throw error;
  });
  return {
    greeting: [
      "Earshot is listening to an emulated tenant, because BOT_ID is not set.",
      "",
      `  Open ${demo.url}`,
      "",
      "Type “the wifi is down” in a channel or chat, without mentioning anybody. Stop with Ctrl+C.",
    ].join("\n"),
    stop: async () => {
      await demo.stop();
      await forget();
    },
  };
}

/** What is wrong with the settings and with the rules is said in one report; answers what the first check reads. */
function checkTogether<Value>(first: () => Value, second: () => unknown): Value {
  const faults: EarshotError[] = [];
  const attempt = <Result>(check: () => Result): Result | undefined => {
    try {
      return check();
    } catch (error) {
      if (!(error instanceof EarshotError)) throw error;
      faults.push(error);
      return undefined;
    }
  };
  const value = attempt(first);
  attempt(second);
  if (faults[0]) throw new EarshotError(faults[0].code, faults.map(({ message }) => message).join("\n\n"));
  return value as Value;
}

function checkRules(environment: Environment): () => unknown {
  return () => loadRuleBook(parseListenerFile(environment));
}

async function makeDataDir(): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), "earshot-"));
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    throw new EarshotError(
      "storage-unavailable",
      `the emulated tenant keeps its data in ${tmpdir()}, which cannot be written: ${found}. Set TMPDIR to a folder that can.`,
      { cause: error },
    );
  }
}

async function runCommand(words: readonly string[], environment: Environment): Promise<number> {
  const { runCommandLine } = await import("./operator/command-line.ts");
  const edges = createEdges(pino({ level: "silent" }));
  const started = Promise.withResolvers<unknown>();
  // Who reads only the first lines closes the pipe; the command does what it was asked all the same.
  process.stdout.on("error", () => undefined);
  return runCommandLine(words, {
    environment,
    projectDir: join(import.meta.dirname, ".."),
    edges,
    print: (line) => process.stdout.write(`${line}\n`),
    printFault: (line) => process.stderr.write(`${line}\n`),
    startTenant: async (options) => {
      const { startStandingAlone } = await import("./emulator/standing-alone.ts");
      // The result goes to stdout, for a machine or into a file; what goes wrong meanwhile goes beside it.
      const level = environment.LOG_LEVEL?.trim() ? parseLogLevel(environment) : "warn";
      const log = pino({ name: "earshot", level }, pino.destination({ dest: 2, sync: true }));
      const starting = startStandingAlone({ ...options, edges: createEdges(log) });
      started.resolve(starting);
      return starting;
    },
    untilAskedToEnd: () => new Promise((resolve) => onFirstSignal(edges, started.promise, () => resolve())),
  });
}

/** JSON lines, or for a person at a terminal the same in colour. Without a cloud only what goes wrong is said. */
function createLog(environment: Environment): Log {
  const isQuiet = !environment.BOT_ID?.trim() && !environment.LOG_LEVEL?.trim();
  const options = {
    name: "earshot",
    level: isQuiet ? "warn" : parseLogLevel(environment),
  };
  return process.stdout.isTTY
    ? pino(options, pretty({ ignore: "pid,hostname,name", singleLine: true, sync: true }))
    : pino(options, pino.destination({ dest: 1, sync: true }));
}

function stopOnSignal(starting: Promise<Running>, edges: Edges): void {
  onFirstSignal(edges, starting, (signal) => {
    edges.log.info({ signal }, "stopping");
    const stopped = starting.then((running) => running.stop());
    stopped.then(
      () => process.exit(0),
      (error: unknown) => {
        edges.log.error(
          { code: toEarshotError(error).code, reason: String(error) },
          "could not stop cleanly",
        );
        process.exit(1);
      },
    );
  });
}

/**
 * `end` is called on the first signal, during the start too: it waits for it, so that nothing of it is left behind, but
 * not for long. A second signal ends the program at once.
 */
function onFirstSignal(
  edges: Pick<Edges, "now" | "sleep">,
  starting: Promise<unknown>,
  end: (signal: NodeJS.Signals) => void,
): void {
  let isStarting = true;
  const noteStarted = () => void (isStarting = false);
  starting.then(noteStarted, noteStarted);
  let firstAtMs: number | null = null;
  const onSignal = (signal: keyof typeof EXIT_CODES) => {
    if (firstAtMs !== null) {
      if (edges.now() - firstAtMs >= ECHO_MS) process.exit(EXIT_CODES[signal]);
      return;
    }
    firstAtMs = edges.now();
    // Where the loop just runs dry, Node gives up its handlers first, and an echo that comes then kills.
    process.once("beforeExit", () => process.exit());
    end(signal);
    void edges.sleep(LONGEST_START_MS).then(() => {
      if (isStarting) process.exit(EXIT_CODES[signal]);
    });
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
}
