/** `earshot keys`: the certificates that messages are sealed to, and a new one by command. Shows no key. */
import { resolve } from "node:path";
import { parseDatabase, parseKeys, type Config } from "../config.ts";
import { readKeyFolder } from "../decryptor/key-folder.ts";
import { EarshotError } from "../errors.ts";
import type { Command, ExitCode, Misuse, Surroundings } from "./command.ts";
import { formatKeysReport } from "./keys-format.ts";
import { describeKeys, formatInstant } from "./keys-report.ts";
import { openBesideBot } from "./open-beside-bot.ts";
import { parseWords } from "./parse-words.ts";

export const keysCommand: Command = {
  name: "keys",
  summary: "lists the certificates that messages are encrypted to, and makes a new one",
  help: [
    "Usage: earshot keys [rotate] [--json]",
    "",
    "Each certificate with its size, when it was made and when it ends, and what needs it: new subscriptions, those",
    "that are sealed to it, messages that wait or were set aside. The bot makes one at its first start and another",
    "every KEY_ROTATION_DAYS; an old one goes, with its key, three days later at the earliest, when nothing needs it.",
    "Reads KEYS_DIR and DATABASE_URL, as the bot does, and shows no key.",
    "",
    "  rotate  makes another one now, of KEY_BITS, and looks at no database; a running bot takes it up in a minute",
    "  --json  one line of JSON: { readAt, isWell, keys }; of rotate: { made }",
    "",
    "  keys    id, state (current: for new subscriptions; ends-soon: the same, within 30 days; kept: an old one;",
    "          missing: needed and not there; unreadable: there and no good), bits, madeAt, endsAt, subscriptions,",
    "          messages, fault",
    "  made    id, bits, madeAt, endsAt",
    "",
    "Exits with 0: all is well; 1: a key is missing or cannot be read, the current certificate ends within 30 days, or",
    "folder or database cannot be used; 2: called wrongly.",
  ].join("\n"),
  run: async (words, surroundings) => {
    const request = parseKeysWords(words);
    if ("misuse" in request) return request;
    const keys = parseKeys(surroundings.environment);
    return request.isRotation
      ? rotate(keys, request.isJson, surroundings)
      : list(keys.dir, request.isJson, surroundings);
  },
};

export interface KeysRequest {
  readonly isRotation: boolean;
  readonly isJson: boolean;
}

export function parseKeysWords(words: readonly string[]): KeysRequest | Misuse {
  const isRotation = words[0] === "rotate";
  const parsed = parseWords(isRotation ? words.slice(1) : words, {
    json: { type: "boolean", default: false },
  });
  if ("misuse" in parsed) return parsed;
  return { isRotation, isJson: parsed.values.json };
}

async function list(
  dir: string,
  isJson: boolean,
  { environment, edges, print }: Surroundings,
): Promise<ExitCode> {
  const folder = await readBotsFolder(dir);
  const storage = await openBesideBot(parseDatabase(environment));
  try {
    const subscriptions = await storage.listSubscriptions({});
    const needed = await storage.listNeededCertificates();
    const report = describeKeys({ ...folder, subscriptions, needed, now: edges.now() });
    const lines = isJson ? [JSON.stringify(report)] : formatKeysReport(report);
    for (const line of lines) print(line);
    return report.isWell ? 0 : 1;
  } finally {
    await storage.close();
  }
}

async function rotate(
  keys: Config["keys"],
  isJson: boolean,
  { edges, print }: Surroundings,
): Promise<ExitCode> {
  await readBotsFolder(keys.dir);
  // Here, since what makes certificates takes longer to load than all else of a command.
  const { openKeyRing } = await import("../decryptor/key-ring.ts");
  const ring = await openKeyRing({ ...keys, edges });
  const { id, bits, notBefore, notAfter } = await ring.add();
  const [madeAt, endsAt] = [formatInstant(notBefore), formatInstant(notAfter)];
  if (isJson) {
    print(JSON.stringify({ made: { id, bits, madeAt, endsAt } }));
    return 0;
  }
  print(`Made: ${id} (RSA-${bits}, ends ${endsAt}).`);
  print(
    "A running bot takes it up within a minute, another when it starts. New subscriptions are sealed to it from",
  );
  print(
    "then on, the others from their next renewal, within a day and a half. The key before it goes by itself when",
  );
  print("nothing needs it any more, three days from now at the earliest.");
  return 0;
}

/** One without certificates is not the bot's, and none is made in it: the bot would never look there. */
async function readBotsFolder(dir: string): Promise<Awaited<ReturnType<typeof readKeyFolder>>> {
  const found = await readKeyFolder(dir).catch((error: unknown) => {
    throw explainFolder(
      dir,
      `cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      error,
    );
  });
  if (found.certificates.length + found.unreadable.length > 0) return found;
  throw explainFolder(dir, "holds no certificate");
}

function explainFolder(dir: string, found: string, cause?: unknown): EarshotError {
  return new EarshotError(
    "key-ring-invalid",
    `The bot's keys cannot be looked into: KEYS_DIR names the folder ${resolve(dir)}, which ${found}. ` +
      "Set KEYS_DIR as the bot has it; a relative path starts at Earshot's own folder. The bot makes its first key " +
      "when it starts. (An emulated tenant's keys lie in a temporary folder and go when it stops.)",
    { cause },
  );
}
