import type { KeyRow, KeysReport } from "./keys-report.ts";
import { makePlain } from "./make-plain.ts";

/** A report on keys for a person; no line is longer than a narrow terminal, but for a fault in words not ours. */
export function formatKeysReport({ keys, readAt }: KeysReport): string[] {
  const now = Date.parse(readAt);
  return keys.flatMap((row, index) => [
    ...(index === 0 ? [] : [""]),
    makePlain(row.id),
    ...describeRow(row, now).map((line) => `  ${line}`),
  ]);
}

/** What it is, what it is used for, and what to do about it. */
function describeRow(row: KeyRow, now: number): string[] {
  const { state, bits, madeAt, endsAt } = row;
  const use = formatUse(row);
  if (state === "missing") {
    return [`missing, but needed: ${use}`, "put its .key.pem and .cert.pem back into KEYS_DIR from a backup"];
  }
  if (madeAt === null || endsAt === null) {
    return [
      `unreadable: ${makePlain(row.fault ?? "")}`,
      use,
      "mend its files in KEYS_DIR, or remove both; the bot does not start with them",
    ];
  }
  const leftMs = Date.parse(endsAt) - now;
  const end =
    leftMs > 0
      ? `ends ${formatMinute(endsAt)} (in ${formatDays(leftMs)})`
      : `ended ${formatMinute(endsAt)} (${formatDays(-leftMs)} ago)`;
  return [
    `RSA-${bits}, made ${formatMinute(madeAt)}, ${end}`,
    use,
    ...(state === "ends-soon"
      ? ["run earshot keys rotate: by now the bot should have made another by itself"]
      : []),
  ];
}

/** `new subscriptions, 12 subscriptions, 3 messages` */
function formatUse({ state, subscriptions, messages }: KeyRow): string {
  const uses = [
    ...(state === "current" || state === "ends-soon" ? ["new subscriptions"] : []),
    ...(subscriptions > 0 ? [formatCount(subscriptions, "subscription")] : []),
    ...(messages > 0 ? [formatCount(messages, "message")] : []),
  ];
  return uses.length > 0 ? uses.join(", ") : "not needed";
}

/** `2026-11-23T10:40Z` */
function formatMinute(instant: string): string {
  return instant.replace(/:\d\dZ$/, "Z");
}

function formatDays(ms: number): string {
  return formatCount(Math.floor(ms / 86_400_000), "day");
}

function formatCount(count: number, one: string): string {
  return `${count} ${count === 1 ? one : `${one}s`}`;
}
