/** `earshot tenant`: a Microsoft 365 tenant on this machine, for any bot. */
import { join, resolve } from "node:path";
import { EarshotError } from "../errors.ts";
import type { Command, Misuse } from "./command.ts";
import { parseWords } from "./parse-words.ts";
import { readManifestPermissions } from "./read-manifest-permissions.ts";
import type { StandingTenant, StandingTenantOptions } from "./standing-tenant.ts";

const USUAL = { port: 3980, botUrl: "http://127.0.0.1:3978", seed: 1 } as const;

export const tenantCommand: Command = {
  name: "tenant",
  summary: "starts the emulated tenant alone, for any bot",
  help: [
    "Usage: earshot tenant [--port <port>] [--bot-url <url>] [--organisations 1|2] [--seed <number>]",
    "                      [--permissions <a,b> | --manifest <file>] [--record <folder>] [--tls <folder>] [--json]",
    "",
    "A Microsoft 365 tenant on this machine: Entra, Graph, Bot Framework, people and a window to talk in. It prints the",
    "settings that a bot needs to live there, as lines of an .env file, and runs until it is stopped (Ctrl+C).",
    "",
    `  --port <port>           of the window and of every service, on 127.0.0.1; 0: any (${USUAL.port})`,
    `  --bot-url <url>         base URL of the bot; activities go to <url>/api/messages (${USUAL.botUrl})`,
    "  --organisations <1|2>   Contoso alone, or Fabrikam besides (1)",
    `  --seed <number>         the same seed gives the same secret and the same made-up conversations (${USUAL.seed})`,
    "  --permissions <a,b>     resource-specific permissions that are granted where the app is installed",
    "  --manifest <file>       the same, as this app manifest asks for them (that of Earshot)",
    "  --record <folder>       keeps all that is posted to the bot, a file each, for earshot replay --payload",
    "  --tls <folder>          https, for clients that send no token in the clear, as Microsoft's for Graph; makes a",
    "                          certificate in the folder, which the bot must trust (NODE_EXTRA_CA_CERTS is printed)",
    "  --json                  the settings as one line of JSON",
    "",
    "Exits with 0: stopped; 1: it could not start, as where the port is taken; 2: called wrongly.",
  ].join("\n"),
  run: async (words, { projectDir, startTenant, untilAskedToEnd, print }) => {
    const request = await parseTenantWords(words, projectDir);
    if ("misuse" in request) return request;
    // From the beginning: a signal during the start waits for it, so that nothing of it is left behind.
    const ending = untilAskedToEnd();
    const tenant = await startTenant(request.options).catch((error: unknown) => {
      if (!(error instanceof EarshotError) || error.code !== "address-unavailable") throw error;
      throw new EarshotError(error.code, `${error.message} Free the port, or choose another with --port.`, {
        cause: error,
      });
    });
    print(request.isJson ? JSON.stringify(describeTenant(tenant)) : formatTenant(tenant));
    await ending;
    await tenant.stop();
    return 0;
  },
};

interface TenantWords {
  readonly options: StandingTenantOptions;
  readonly isJson: boolean;
}

/** Paths in `words` start at the folder of the project, where a command runs. */
export async function parseTenantWords(
  words: readonly string[],
  projectDir: string,
): Promise<TenantWords | Misuse> {
  const parsed = parseWords(words, {
    port: { type: "string", default: String(USUAL.port) },
    "bot-url": { type: "string", default: USUAL.botUrl },
    organisations: { type: "string", default: "1" },
    seed: { type: "string", default: String(USUAL.seed) },
    permissions: { type: "string" },
    manifest: { type: "string" },
    record: { type: "string" },
    tls: { type: "string" },
    json: { type: "boolean", default: false },
  });
  if ("misuse" in parsed) return parsed;
  const {
    port,
    "bot-url": botUrl,
    organisations,
    seed,
    permissions,
    manifest,
    record,
    tls,
    json,
  } = parsed.values;
  const misuse = (name: string, form: string, found: string): Misuse => ({
    misuse: `--${name} is ${form}. Found: ${JSON.stringify(found)}.`,
  });
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) return misuse("port", "a port from 0 to 65535", port);
  if (!isWebUrl(botUrl)) return misuse("bot-url", "an http or https URL without a query", botUrl);
  if (organisations !== "1" && organisations !== "2") return misuse("organisations", "1 or 2", organisations);
  if (!/^\d{1,9}$/.test(seed)) return misuse("seed", "a whole number from 0 to 999999999", seed);
  if (permissions !== undefined && manifest !== undefined)
    return { misuse: "--permissions and --manifest say the same; give one of them." };
  const rscPermissions =
    permissions === undefined
      ? await readManifestPermissions(resolve(manifest ?? join(projectDir, "appPackage", "manifest.json")))
      : parsePermissions(permissions);
  if ("misuse" in rscPermissions) return rscPermissions;
  return {
    options: {
      ...{ port: Number(port), botUrl, seed: Number(seed), rscPermissions },
      organisations: organisations === "1" ? 1 : 2,
      recordDir: record === undefined ? null : resolve(record),
      tlsDir: tls === undefined ? null : resolve(tls),
    },
    isJson: json,
  };
}

function isWebUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && ["http:", "https:"].includes(url.protocol) && url.search === "" && url.hash === "";
}

/** Empty: none is granted. */
function parsePermissions(text: string): readonly string[] | Misuse {
  const names = text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  // https://learn.microsoft.com/graph/permissions-reference#resource-specific-consent-rsc-permissions
  const wrong = names.find((name) => !/^\w+(\.\w+)+\.(Group|Chat)$/.test(name));
  if (wrong === undefined) return names;
  return {
    misuse: `--permissions are names such as ChannelMessage.Read.Group or ChatMessage.Read.Chat. Found: ${JSON.stringify(wrong)}.`,
  };
}

/** For a machine. */
export function describeTenant(tenant: StandingTenant) {
  const { url, bot, organisations, settings, botbuilderSettings } = tenant;
  return { url, control: `${url}/control/state`, bot, organisations, settings, botbuilderSettings };
}

/** An `.env` file in which all that is no setting is a comment. */
export function formatTenant(tenant: StandingTenant): string {
  const { url, organisations, settings, botbuilderSettings } = tenant;
  const format = (values: Readonly<Record<string, string>>) =>
    Object.entries(values).map(([name, value]) => `${name}=${value}`);
  return [
    "# The emulated tenant stands alone. Stop it with Ctrl+C.",
    "#",
    `#   Window   ${url}/`,
    `#   Control  ${url}/control/state`,
    `#   Bot      ${settings.BOT_ENDPOINT}/api/messages, which hears nothing until it is installed:`,
    `#   curl -X POST -H 'x-earshot-control: 1' ${url}/control/acts/installEverywhere`,
    "#",
    "# Organisations, each an Entra tenant:",
    ...organisations.map(({ id, name }) => `#   ${name.padEnd(8)} ${id}`),
    "",
    "# For the bot, as Earshot names them:",
    ...format(settings),
    "",
    "# The same, as botbuilder names them:",
    ...format(botbuilderSettings),
  ].join("\n");
}
