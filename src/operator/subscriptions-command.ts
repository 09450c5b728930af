/** `earshot subscriptions`: where the bot listens, and where it does not. */
import { parseDatabase } from "../config.ts";
import type { Command, Misuse } from "./command.ts";
import { openBesideBot } from "./open-beside-bot.ts";
import { parseWords } from "./parse-words.ts";
import { formatSubscriptionsReport } from "./subscriptions-format.ts";
import { readSubscriptionsReport } from "./subscriptions-report.ts";

export const subscriptionsCommand: Command = {
  name: "subscriptions",
  summary: "tells where the bot listens, and where it does not and why",
  help: [
    "Usage: earshot subscriptions [--tenant <id>] [--json]",
    "",
    "Each subscription at Graph with its place, the entry of `listen:` that wants it, its state, its expiry and its",
    "last notification; then what Graph does not report, with the remedy; then the gaps that are to be read back.",
    "Reads the bot's database, by DATABASE_URL, and asks Graph nothing.",
    "",
    "  --tenant <id>  what belongs to this tenant",
    "  --json         one line of JSON: { readAt, aliveAt, isWell, counts, subscriptions, deafSpots, gaps }",
    "",
    "  subscriptions  tenantId, place, wantedBy, state (listening, being-made, renewal-overdue, expired),",
    "                 subscriptionId, resource, content (encrypted, fetch), api (v1.0, beta), expiresAt, renewAt,",
    "                 lastNotificationAt",
    "  deafSpots      tenantId, place, teamId, conversationId, wantedBy, state (polled: read regularly instead,",
    "                 bot-framework: heard by that ear alone, deaf: not heard), reason",
    "  gaps           tenantId, place, teamId, conversationId, since, openedAt, reason (new, downtime,",
    "                 subscription-lost, drop-suspected, sweep), failedTries, fault",
    "",
    "Exits with 0: all is heard in one way or another; 1: something is deaf, expired or its renewal overdue, or the",
    "database cannot be read; 2: called wrongly.",
  ].join("\n"),
  run: async (words, { environment, edges, print }) => {
    const request = parseSubscriptionsWords(words);
    if ("misuse" in request) return request;
    const { isJson, ...filter } = request;
    const storage = await openBesideBot(parseDatabase(environment));
    try {
      const report = await readSubscriptionsReport(storage, { ...filter, now: edges.now() });
      const lines = isJson ? [JSON.stringify(report)] : formatSubscriptionsReport(report);
      for (const line of lines) print(line);
      return report.isWell ? 0 : 1;
    } finally {
      await storage.close();
    }
  },
};

export interface SubscriptionsRequest {
  readonly tenantId?: string;
  readonly isJson: boolean;
}

export function parseSubscriptionsWords(words: readonly string[]): SubscriptionsRequest | Misuse {
  const parsed = parseWords(words, {
    tenant: { type: "string" },
    json: { type: "boolean", default: false },
  });
  if ("misuse" in parsed) return parsed;
  const { tenant, json } = parsed.values;
  if (tenant?.trim() === "") return { misuse: "--tenant is the id of a tenant. Found: nothing." };
  return { ...(tenant === undefined ? {} : { tenantId: tenant.trim().toLowerCase() }), isJson: json };
}
