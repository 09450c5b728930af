/** `earshot replay`: what was set aside, and back with it. Shows where messages stand, never what they say. */
import { parseDatabase } from "../config.ts";
import type { NotificationId } from "../model/ids.ts";
import type { ParkedFilter, Storage } from "../storage/storage.ts";
import type { Command, ExitCode, Misuse } from "./command.ts";
import { PARKABLE_CODES } from "./explain-parked-code.ts";
import { describeParked, formatParked } from "./format-parked.ts";
import { openBesideBot } from "./open-beside-bot.ts";
import { parseWords } from "./parse-words.ts";
import { parsePayloadWords, replayPayload } from "./replay-payload.ts";

const DEFAULT_LIMIT = 50;

export const replayCommand: Command = {
  name: "replay",
  summary: "brings back messages that were set aside, or sends a saved payload",
  help: [
    "Usage: earshot replay [--limit <count>] [--json]",
    "       earshot replay --all | [--code <code>] [--tenant <id>] [--id <id>] [--json]",
    "       earshot replay --payload <file> [--to <url>] [--tenant <url>] [--json]",
    "",
    "A message that cannot be handled is parked: set aside, still sealed, with a code that says why. Without a choice",
    "this lists what is parked and changes nothing; with one, what fits waits again, with all its attempts. A running",
    "bot takes it up within a second. Reads DATABASE_URL, as the bot does, and no other setting.",
    "",
    "  --all            brings back all that is parked",
    "  --code <code>    what was parked under this code",
    "  --tenant <id>    what belongs to this tenant; with --code, both must fit",
    "  --id <id>        one, by its id in the list",
    `  --limit <count>  how many to list, the longest parked first (${DEFAULT_LIMIT})`,
    "  --json           one line of JSON",
    "",
    "With --payload nothing that is parked is meant: it sends the batch or activity in the file to a bot, once,",
    "and tells what the bot answered. The file holds the JSON alone, or is one that earshot tenant --record made.",
    "",
    "  --payload <file> what to send",
    "  --to <url>       where: a base URL, or the whole (BOT_ENDPOINT; or, with --tenant, as the tenant knows it)",
    "  --tenant <url>   the emulated tenant that signs it anew; unsigned, as it goes without, a bot does not believe it",
    "",
    "Exits with 0: nothing is parked, or what fits was brought back; 1: something is parked, or there is none by that",
    "id, or the database cannot be read; 2: called wrongly. With --payload 0: the bot answered 2xx; 1: it did not, or the",
    "file holds no payload.",
  ].join("\n"),
  run: async (words, surroundings) => {
    const { environment, print } = surroundings;
    if (words.some((word) => /^--payload(=|$)/.test(word))) {
      const sending = parsePayloadWords(words, environment);
      return "misuse" in sending ? sending : replayPayload(sending, surroundings);
    }
    const request = parseReplayWords(words);
    if ("misuse" in request) return request;
    const storage = await openBesideBot(parseDatabase(environment));
    try {
      return await replay(request, storage, print);
    } finally {
      await storage.close();
    }
  },
};

export interface ReplayRequest {
  /** What to bring back; null: list. */
  readonly chosen: ParkedFilter | null;
  readonly limit: number;
  readonly isJson: boolean;
}

export function parseReplayWords(words: readonly string[]): ReplayRequest | Misuse {
  const parsed = parseWords(words, {
    all: { type: "boolean", default: false },
    code: { type: "string" },
    tenant: { type: "string" },
    id: { type: "string" },
    limit: { type: "string" },
    json: { type: "boolean", default: false },
  });
  if ("misuse" in parsed) return parsed;
  const { all, code, tenant, id, limit, json } = parsed.values;
  const hasFilter = code !== undefined || tenant !== undefined || id !== undefined;
  if (all && hasFilter) return { misuse: "--all brings back everything; leave it out to choose." };
  if (limit !== undefined && (all || hasFilter))
    return { misuse: "--limit is for the list; what is brought back has no limit." };
  if (code !== undefined && !PARKABLE_CODES.includes(code))
    return { misuse: `--code is one of ${PARKABLE_CODES.join(", ")}. Found: ${JSON.stringify(code)}.` };
  if (tenant?.trim() === "") return { misuse: "--tenant is the id of a tenant. Found: nothing." };
  for (const [name, value] of Object.entries({ id, limit })) {
    if (value !== undefined && !isCount(value))
      return { misuse: `--${name} is a whole number from 1. Found: ${JSON.stringify(value)}.` };
  }
  return {
    chosen:
      all || hasFilter
        ? {
            ...(code === undefined ? {} : { code }),
            ...(tenant === undefined ? {} : { tenantId: tenant.trim().toLowerCase() }),
            ...(id === undefined ? {} : { id: Number(id) as NotificationId }),
          }
        : null,
    limit: limit === undefined ? DEFAULT_LIMIT : Number(limit),
    isJson: json,
  };
}

/** Ids are counted by the database. */
function isCount(text: string): boolean {
  return /^[1-9]\d*$/.test(text) && Number.isSafeInteger(Number(text));
}

export async function replay(
  request: ReplayRequest,
  storage: Pick<Storage, "listParked" | "replayParked" | "readCounts">,
  print: (line: string) => void,
): Promise<ExitCode> {
  return request.chosen
    ? bringBack(request.chosen, request.isJson, storage, print)
    : list(request, storage, print);
}

async function bringBack(
  chosen: ParkedFilter,
  isJson: boolean,
  storage: Pick<Storage, "replayParked" | "readCounts">,
  print: (line: string) => void,
): Promise<ExitCode> {
  const replayed = await storage.replayParked(chosen);
  const { parked } = await storage.readCounts({});
  if (isJson) {
    print(JSON.stringify({ replayed, parked }));
  } else if (replayed > 0) {
    print(`Brought back: ${replayed}. A running bot takes them up within a second, another when it starts.`);
    if (parked > 0) print(`Still parked: ${parked}.`);
  } else {
    print(`Nothing that is parked fits.${parked > 0 ? ` Parked is: ${parked}; see earshot replay.` : ""}`);
  }
  // Who names one expects it to be there.
  return replayed === 0 && chosen.id !== undefined ? 1 : 0;
}

async function list(
  { limit, isJson }: ReplayRequest,
  storage: Pick<Storage, "listParked" | "readCounts">,
  print: (line: string) => void,
): Promise<ExitCode> {
  const listed = await storage.listParked({ limit });
  const counts = await storage.readCounts({});
  // The bot goes on between the two.
  const parked = listed.length < limit ? listed.length : Math.max(counts.parked, listed.length);
  if (isJson) print(JSON.stringify({ parked, listed: listed.map(describeParked) }));
  else for (const line of formatParked(listed, parked)) print(line);
  return listed.length > 0 ? 1 : 0;
}
