/** Environment → frozen Config. Every fault is found before any is reported; no default stands in for a wrong value. */
import { z } from "zod";
import { CLOUD_NAMES, CLOUDS, type Cloud } from "./cloud.ts";
import { EarshotError } from "./errors.ts";
import { isLoopback } from "./loopback.ts";
import { isDatabaseUrl, readDatabase, type DatabaseAddress } from "./model/database-address.ts";
import { deepFreeze } from "./model/deep-freeze.ts";
import { hideSecret, type Secret } from "./model/secret.ts";
import type { SettingName } from "./settings.ts";

export interface Config {
  readonly bot: {
    readonly id: string;
    readonly type: "SingleTenant" | "MultiTenant" | "UserAssignedMSI";
    readonly password: Secret | null;
    /** Null for a MultiTenant bot without a home. */
    readonly tenantId: string | null;
  };
  readonly teamsAppId: string;
  readonly endpoints: {
    /** Public base URL, without a slash at its end; so are the others. */
    readonly bot: string;
    readonly login: string;
    readonly graph: string;
    readonly botLogin: string;
  };
  readonly cloud: Cloud;
  readonly serviceHosts: readonly string[];
  readonly port: number;
  readonly admin: { readonly port: number; readonly host: string };
  readonly database: DatabaseAddress;
  readonly retention: {
    /** What was handled is forgotten after this, and a copy that comes later would be heard anew. */
    readonly doneMs: number;
    /** What was set aside and not brought back is deleted after this. */
    readonly parkedMs: number;
  };
  /** What is older when it is received is not answered; never longer than what was handled is known. */
  readonly answerWithinMs: number;
  /** Whether, without consent to one subscription for all of them, each chat has its own in Graph's beta. */
  readonly chatSubscriptions: "off" | "beta";
  readonly listenerFile: string;
  readonly keys: {
    readonly dir: string;
    /** RSA. */
    readonly bits: number;
    /** A certificate is the current one for so long; 0: until it is about to end. */
    readonly rotationMs: number;
  };
}

export type Environment = Readonly<Partial<Record<string, string>>>;

const HOUR_MS = 60 * 60_000;

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

const guid = z
  .string()
  .regex(
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
    "a GUID, such as 00000000-0000-0000-0000-000000000000",
  )
  .transform((text) => text.toLowerCase());

const baseUrl = z
  .string()
  .refine(
    isBaseUrl,
    "an https:// URL without query (http:// on loopback alone), such as https://bot.example.com",
  )
  .transform((text) => {
    const { origin, pathname } = new URL(text);
    return `${origin}${pathname}`.replace(/\/+$/, "");
  });

const port = z
  .string()
  .regex(/^\d{1,5}$/, "a port number from 0 to 65535")
  .transform(Number)
  .refine((number) => number <= 65_535, "a port number from 0 to 65535");

const hosts = z
  .string()
  .transform((text) => text.split(",").map((host) => host.trim().toLowerCase()))
  .refine(
    (list) => list.every((host) => /^[a-z0-9.-]+$/.test(host)),
    "host names without port, separated by commas",
  );

const text = z.string().min(1);

/** Graph delivers again for four hours; what is forgotten sooner would be answered twice. */
const LEAST_RETENTION_HOURS = 6;
const DEFAULT_ANSWER_WITHIN_HOURS = 24;
const wholeHours = (least: number) =>
  z
    .string()
    .regex(/^\d{1,5}$/, `whole hours, at least ${least}`)
    .transform(Number)
    .refine((number) => number >= least, `whole hours, at least ${least}`);

/** What each setting must look like. Where a setting is required depends on others: see `findMissing`. */
const FORMS = {
  BOT_ID: guid,
  BOT_PASSWORD: text.transform(hideSecret),
  BOT_TYPE: z.enum(["SingleTenant", "MultiTenant", "UserAssignedMSI"]).default("SingleTenant"),
  BOT_TENANT_ID: guid,
  TEAMS_APP_ID: guid,
  BOT_ENDPOINT: baseUrl,
  PORT: port.default(3978),
  ADMIN_PORT: port.default(3979),
  ADMIN_HOST: z
    .string()
    .regex(/^[\w.:-]+$/, "a host name or IP address")
    .default("127.0.0.1"),
  DATABASE_URL: z
    .string()
    .refine(isDatabaseUrl, "sqlite:<file> or postgres://<user>:<password>@<host>/<database>")
    .default("sqlite:data/earshot.db"),
  DONE_RETENTION_HOURS: wholeHours(LEAST_RETENTION_HOURS).default(72),
  PARKED_RETENTION_HOURS: wholeHours(LEAST_RETENTION_HOURS).default(720),
  ANSWER_WITHIN_HOURS: wholeHours(1),
  CHAT_SUBSCRIPTIONS: z.enum(["off", "beta"]).default("off"),
  LISTENER_FILE: text.default("listener.yaml"),
  CLOUD: z.enum(CLOUD_NAMES).default("global"),
  LOGIN_ENDPOINT: baseUrl,
  GRAPH_ENDPOINT: baseUrl,
  BOT_LOGIN_ENDPOINT: baseUrl,
  SERVICE_URL_HOSTS: hosts,
  KEYS_DIR: text.default("data/keys"),
  KEY_BITS: z.enum(["2048", "3072", "4096"]).default("2048"),
  KEY_ROTATION_DAYS: text.regex(/^\d{1,4}$/, "whole days, or 0").default("90"),
  LOG_LEVEL: z.enum(LOG_LEVELS).default("info"),
  EMULATOR_PORT: port,
} satisfies Record<SettingName, z.ZodType>;

type Values = { [Name in SettingName]?: z.output<(typeof FORMS)[Name]> };

/** Throws `config-invalid` with one report of every fault. An empty value counts as unset. */
export function parseConfig(environment: Environment): Config {
  const { values, faults } = readSettings(environment);
  faults.push(...findMissing(values, faults));
  if (faults.length > 0) throw new EarshotError("config-invalid", formatReport(faults, environment));
  return deepFreeze(buildConfig(values));
}

/** For what is set at all, where nothing is required: throws `config-invalid` with one report of every fault. */
export function checkSettings(environment: Environment): void {
  const { faults } = readSettings(environment);
  if (faults.length > 0) throw new EarshotError("config-invalid", formatReport(faults, environment));
}

function readSettings(environment: Environment): { values: Values; faults: string[] } {
  const values: Record<string, unknown> = {};
  const faults: string[] = [];
  for (const [name, form] of Object.entries(FORMS)) {
    const given = readGiven(environment, name);
    const result = form.optional().safeParse(given);
    if (result.success) values[name] = result.data ?? readDefault(form);
    else faults.push(`${name} must be ${describeForm(result.error)}.${describeFound(name, given)}`);
  }
  return { values, faults: [...faults, ...findContradictions(values)] };
}

/** Undefined where it is unset or blank. */
function readGiven(environment: Environment, name: string): string | undefined {
  return environment[name]?.trim() === "" ? undefined : environment[name]?.trim();
}

function findContradictions({ ANSWER_WITHIN_HOURS: within, DONE_RETENTION_HOURS: kept }: Values): string[] {
  if (within === undefined || kept === undefined || within <= kept) return [];
  return [
    `ANSWER_WITHIN_HOURS must be at most DONE_RETENTION_HOURS, which is ${kept}: what is forgotten by then, and read back later, would be answered twice. Found: "${within}".`,
  ];
}

/** The log level alone, for before and beside the rest of the configuration. */
export function parseLogLevel(environment: Environment): (typeof LOG_LEVELS)[number] {
  const result = FORMS.LOG_LEVEL.safeParse(readGiven(environment, "LOG_LEVEL"));
  return result.success ? result.data : "info";
}

/** The database alone, for a command beside the running bot. Throws `config-invalid`. */
export function parseDatabase({ DATABASE_URL }: Environment): DatabaseAddress {
  return readDatabase(readAlone({ DATABASE_URL }).DATABASE_URL ?? "");
}

/** The keys alone, for a command. Throws `config-invalid`. */
export function parseKeys({ KEYS_DIR, KEY_BITS, KEY_ROTATION_DAYS }: Environment): Config["keys"] {
  return readKeys(readAlone({ KEYS_DIR, KEY_BITS, KEY_ROTATION_DAYS }));
}

/** The rules' file alone, so that its faults are told beside those of the settings. */
export function parseListenerFile(environment: Environment): string {
  return FORMS.LISTENER_FILE.parse(readGiven(environment, "LISTENER_FILE"));
}

function readAlone(some: Environment): Values {
  const { values, faults } = readSettings(some);
  if (faults.length > 0) throw new EarshotError("config-invalid", faults.join("\n"));
  return values;
}

function buildConfig(values: Values): Config {
  const cloud = CLOUDS[values.CLOUD ?? "global"];
  const doneHours = values.DONE_RETENTION_HOURS ?? 0;
  const answerHours = values.ANSWER_WITHIN_HOURS ?? Math.min(DEFAULT_ANSWER_WITHIN_HOURS, doneHours);
  return {
    bot: {
      id: values.BOT_ID ?? "",
      type: values.BOT_TYPE ?? "SingleTenant",
      password: values.BOT_PASSWORD ?? null,
      tenantId: values.BOT_TENANT_ID ?? null,
    },
    teamsAppId: values.TEAMS_APP_ID ?? "",
    endpoints: {
      bot: values.BOT_ENDPOINT ?? "",
      login: values.LOGIN_ENDPOINT ?? cloud.login,
      graph: values.GRAPH_ENDPOINT ?? cloud.graph,
      botLogin: values.BOT_LOGIN_ENDPOINT ?? cloud.botLogin,
    },
    cloud,
    serviceHosts: values.SERVICE_URL_HOSTS ?? cloud.serviceHosts,
    port: values.PORT ?? 3978,
    admin: { port: values.ADMIN_PORT ?? 3979, host: values.ADMIN_HOST ?? "127.0.0.1" },
    database: readDatabase(values.DATABASE_URL ?? ""),
    retention: {
      doneMs: doneHours * HOUR_MS,
      parkedMs: (values.PARKED_RETENTION_HOURS ?? 0) * HOUR_MS,
    },
    answerWithinMs: answerHours * HOUR_MS,
    chatSubscriptions: values.CHAT_SUBSCRIPTIONS ?? "off",
    listenerFile: values.LISTENER_FILE ?? "",
    keys: readKeys(values),
  };
}

const REMEDIES: Partial<Record<SettingName, string>> = {
  BOT_ID: "the Application (client) ID of the bot's Entra app",
  BOT_PASSWORD:
    "a client secret of that app (Entra admin center › App registrations › Certificates & secrets)",
  BOT_TENANT_ID: "the Directory (tenant) ID in which the bot is registered",
  TEAMS_APP_ID: "the `id` of the Teams app manifest",
  BOT_ENDPOINT: "the public https address of this program, such as https://bot.example.com",
  SERVICE_URL_HOSTS: "the host of Teams' service URL; this cloud publishes none",
};

function findMissing(values: Values, faults: readonly string[]): string[] {
  const required: SettingName[] = ["BOT_ID", "TEAMS_APP_ID", "BOT_ENDPOINT"];
  if (values.BOT_TYPE !== "UserAssignedMSI") required.push("BOT_PASSWORD");
  if (values.BOT_TYPE !== "MultiTenant") required.push("BOT_TENANT_ID");
  if (values.CLOUD === "china") required.push("SERVICE_URL_HOSTS");
  return required
    .filter((name) => values[name] === undefined && !faults.some((fault) => fault.startsWith(`${name} `)))
    .map((name) => `${name} is missing. It is ${REMEDIES[name] ?? "required"}.`);
}

function formatReport(faults: readonly string[], environment: Environment): string {
  const hasBot = readGiven(environment, "BOT_ID") !== undefined;
  return [
    `Earshot cannot start: ${faults.length === 1 ? "one setting needs" : `${faults.length} settings need`} attention.`,
    ...faults.map((fault) => `  - ${fault}`),
    "Set them in the environment, or in env/.env.<name> (the Agents Toolkit writes it; run `node --env-file=<file> src/main.ts`).",
    ...(hasBot ? ["To try Earshot without a tenant, leave BOT_ID unset."] : []),
  ].join("\n");
}

function readDefault(form: z.ZodType): unknown {
  const result = form.safeParse(undefined);
  return result.success ? result.data : undefined;
}

function describeForm(error: z.ZodError): string {
  const [issue] = error.issues;
  if (issue?.code === "invalid_value") return `one of ${issue.values.join(", ")}`;
  return issue?.message ?? "of another form";
}

/** What was found is shown, but for the one setting that is a secret and for the password of a URL. */
function describeFound(name: string, given: string | undefined): string {
  if (name === "BOT_PASSWORD" || given === undefined) return "";
  const shown = given.replace(/\/\/.*@/s, "//[hidden]@");
  return ` Found: ${JSON.stringify(shown.slice(0, 120))}.`;
}

function readKeys(values: Values): Config["keys"] {
  return {
    dir: values.KEYS_DIR ?? "",
    bits: Number(values.KEY_BITS),
    rotationMs: Number(values.KEY_ROTATION_DAYS) * 24 * HOUR_MS,
  };
}

function isBaseUrl(candidate: string): boolean {
  if (!URL.canParse(candidate)) return false;
  const url = new URL(candidate);
  if (url.search || url.hash || url.username || url.password) return false;
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname));
}
