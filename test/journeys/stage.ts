/** A stage for a journey: an emulated tenant, Earshot against it over real HTTP, and traces to wait on. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseConfig } from "../../src/config.ts";
import { createEdges, type Edges, type Log } from "../../src/edges.ts";
import { readRscPermissions } from "../../src/emulator/demo.ts";
import {
  startEmulatedTenant,
  type EmulatedTenant,
  type EmulatedTenantOptions,
} from "../../src/emulator/emulated-tenant.ts";
import type { PostedMessage } from "../../src/emulator/posted-message.ts";
import type { Trace } from "../../src/model/trace.ts";
import { startService, type Service } from "../../src/service.ts";
import { findPorts } from "../soak/find-ports.ts";

const PROJECT = resolve(import.meta.dirname, "../..");
export const MANIFEST_PERMISSIONS = readRscPermissions(
  JSON.parse(readFileSync(join(PROJECT, "appPackage/manifest.json"), "utf8")),
);
/** A wait that takes longer than this has failed; nothing in a journey is timed by it. */
const PATIENCE_MS = 40_000;

export interface Stage {
  readonly tenant: EmulatedTenant;
  readonly dataDir: string;
  readonly botUrl: string;
  readonly adminUrl: string;
  readonly service: () => Service;
  readonly isRunning: () => boolean;
  /** All traces since the stage was set, of every start of the bot. */
  readonly traces: readonly Trace[];
  /** Every line the bot logged, as JSON. */
  readonly logLines: readonly string[];
  /** Resolves with the first trace, past or future, that fits. */
  waitForTrace(what: string, fits: (trace: Trace) => boolean): Promise<Trace>;
  /** Resolves when the condition holds; looked at after each trace, change and delivery. */
  waitUntil(what: string, holds: () => boolean): Promise<void>;
  /** When as many subscriptions to messages are alive at Graph. */
  waitForSubscriptions(amount: number): Promise<void>;
  /** When what was said in a conversation (a chat's name, or `Team › Channel`) before it was heard has been read back. */
  waitForReadBack(label: string): Promise<void>;
  /** When the message was decided on and, if so decided, answered; and its second copy, if both ears bring it, was dropped. */
  waitForOutcome(message: PostedMessage, copies?: 1 | 2): Promise<Trace>;
  /** `settings`: others than before, from now on. */
  startBot(settings?: Readonly<Record<string, string>>): Promise<void>;
  stopBot(): Promise<void>;
  /** What was parked up to now was expected. */
  forgive(): void;
  /** Ends all, and fails where something was parked or left behind. */
  strike(): Promise<void>;
}

export type StageOptions = Partial<
  Pick<
    EmulatedTenantOptions,
    | "rscPermissions"
    | "consentedAppRoles"
    | "withSecondOrganisation"
    | "bulk"
    | "validationTokenForm"
    | "deletedForm"
    | "graphLimits"
    | "lifecycle"
    | "endpointStates"
  >
> & {
  readonly edges?: Partial<Edges>;
  readonly tenantEdges?: Partial<Edges>;
  /** The tenant's way to the bot. */
  readonly tenantFetch?: typeof fetch;
  /** Settings of the bot besides. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly installEverywhere?: boolean;
  readonly mayPark?: boolean;
  readonly isWatched?: boolean;
};

export async function setStage(options: StageOptions = {}): Promise<Stage> {
  const {
    edges: ownEdges,
    tenantEdges,
    installEverywhere = true,
    mayPark = false,
    isWatched = false,
    tenantFetch = fetch,
    settings = {},
    ...tenantOptions
  } = options;
  const dataDir = await mkdtemp(join(tmpdir(), "earshot-journey-"));
  const traces: Trace[] = [];
  const logLines: string[] = [];
  const listeners = new Set<() => void>();
  const wake = () => {
    for (const listener of listeners) listener();
  };
  const edges: Edges = { ...createEdges(createMemoryLog(logLines)), ...ownEdges };
  const [port = 0, adminPort = 0] = await findPorts(2);
  const tenant = await startEmulatedTenant({
    edges: { ...createEdges(createMemoryLog([])), fetch: tenantFetch, ...tenantEdges },
    port: 0,
    botUrl: `http://127.0.0.1:${port}`,
    tracesUrl: isWatched ? `http://127.0.0.1:${adminPort}/events` : null,
    rscPermissions: MANIFEST_PERMISSIONS,
    ...tenantOptions,
  });
  tenant.onChange(wake);
  tenant.onDelivery(wake);

  let service: Service | null = null;
  let forgiven = 0;
  let ownSettings = settings;
  const startBot = async (changed: Readonly<Record<string, string>> = {}) => {
    ownSettings = { ...ownSettings, ...changed };
    service = await startService({
      edges,
      publicHost: "127.0.0.1",
      config: parseConfig({
        ...tenant.settings,
        PORT: String(port),
        ADMIN_PORT: String(adminPort),
        DATABASE_URL: `sqlite:${join(dataDir, "earshot.db")}`,
        KEYS_DIR: join(dataDir, "keys"),
        LISTENER_FILE: join(PROJECT, "listener.yaml"),
        ...ownSettings,
      }),
    });
    service.onTrace((trace) => {
      traces.push(trace);
      wake();
    });
  };
  const stopBot = async () => {
    const stopped = service;
    service = null;
    await stopped?.stop();
  };

  const waitUntil = async (what: string, holds: () => boolean) => {
    if (holds()) return;
    const { promise, resolve: done, reject } = Promise.withResolvers<undefined>();
    const look = () => {
      if (holds()) done(undefined);
    };
    const timer = setTimeout(() => {
      const last = traces
        .slice(-12)
        .map(({ step, ear, result, code }) => `${step} ${ear} ${result} ${code ?? ""}`);
      reject(
        new assert.AssertionError({
          message: `waited in vain for ${what}; the last traces:\n${last.join("\n")}`,
        }),
      );
    }, PATIENCE_MS);
    // Graph's side of a subscription changes without a trace, so it is looked at now and then too.
    const ticker = setInterval(look, 20);
    listeners.add(look);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      clearInterval(ticker);
      listeners.delete(look);
    }
  };
  const waitForTrace = async (what: string, fits: (trace: Trace) => boolean) => {
    await waitUntil(what, () => traces.some(fits));
    const found = traces.find(fits);
    assert.ok(found);
    return found;
  };
  const isOf = (message: PostedMessage) => (trace: Trace) =>
    trace.change === undefined &&
    trace.message?.messageId === message.id &&
    trace.message.replyToId === message.rootId &&
    // In a personal chat Bot Framework has an id of its own for the conversation.
    (trace.message.conversationId === message.conversationId ||
      trace.message.conversationId.startsWith("a:"));

  await startBot();
  const stage: Stage = {
    tenant,
    dataDir,
    botUrl: `http://127.0.0.1:${port}`,
    adminUrl: `http://127.0.0.1:${adminPort}`,
    service: () => {
      assert.ok(service, "the bot is not running");
      return service;
    },
    isRunning: () => service !== null,
    traces,
    logLines,
    waitForTrace,
    waitUntil,
    waitForSubscriptions: (amount) =>
      waitUntil(
        `${amount} subscriptions to messages`,
        () => tenant.subscriptions().filter(({ resource }) => /messages$/i.test(resource)).length === amount,
      ),
    waitForReadBack: (label) =>
      waitUntil(`${label} to be read back`, () =>
        logLines.some(
          (line) => line.includes('"a conversation was read back"') && line.includes(`"${label}"`),
        ),
      ),
    waitForOutcome: async (message, copies = 2) => {
      const own = isOf(message);
      const decided = await waitForTrace("a decision", (trace) => own(trace) && trace.step === "decided");
      await waitUntil(
        "the other ear",
        () => traces.filter((t) => own(t) && t.step === "stored").length >= copies,
      );
      if (decided.result === "silent") return decided;
      return waitForTrace(
        "a reply",
        (trace) => own(trace) && trace.step === "replied" && isLast(trace, traces, own),
      );
    },
    startBot,
    stopBot,
    forgive: () => {
      forgiven = traces.length;
    },
    strike: async () => {
      await stopBot();
      await tenant.close();
      await rm(dataDir, { recursive: true, force: true });
      if (!mayPark)
        assert.deepEqual(
          traces.slice(forgiven).filter(({ step }) => step === "parked"),
          [],
        );
    },
  };
  if (installEverywhere) await tenant.installEverywhere();
  return stage;
}

/** Rules of `listener.yaml` end with a reply where they have one. */
function isLast(trace: Trace, traces: readonly Trace[], own: (trace: Trace) => boolean): boolean {
  const { rule } = trace;
  const needed = rule === "outage" ? 2 : 1;
  return traces.filter((other) => own(other) && other.step === "replied").length >= needed;
}

/** What the bot said in a conversation, oldest first. */
export function readReplies(stage: Stage, conversation: string): PostedMessage[] {
  return stage.tenant.readMessages(conversation).filter(({ sender }) => sender.isBot);
}

/** A message as it stands now, with its reactions. */
export function readAgain(stage: Stage, message: PostedMessage): PostedMessage {
  const found = stage.tenant.readMessages(message.conversationId).find(({ key }) => key === message.key);
  assert.ok(found, "the message is gone");
  return found;
}

export function readText(message: PostedMessage): string {
  return message.parts.map((part) => ("text" in part ? part.text : part.mention.name)).join("");
}

export function createMemoryLog(lines: string[]): Log {
  const note = (fields: object, event: string) => {
    lines.push(JSON.stringify({ ...fields, event }));
  };
  return { debug: note, info: note, warn: note, error: note };
}
