/** A report on subscriptions for a person: no line is longer than a narrow terminal, but for the names of places. */
import type { GapReason } from "../storage/heard-conversation.ts";
import { makePlain } from "./make-plain.ts";
import type { DeafRow, GapRow, SubscriptionRow, SubscriptionsReport } from "./subscriptions-report.ts";
import type { SubscriptionState } from "../subscriptions/subscription-state.ts";

const MOST_COLUMNS = 80;

export function formatSubscriptionsReport(report: SubscriptionsReport): string[] {
  const now = Date.parse(report.readAt);
  const { subscriptions, deafSpots, gaps } = report;
  const tenantIds = [...subscriptions, ...deafSpots, ...gaps].map(({ tenantId }) => tenantId);
  const of = <Row extends { tenantId: string }>(rows: readonly Row[], tenantId: string) =>
    rows.filter((row) => row.tenantId === tenantId);
  return [
    ...formatSummary(report, now),
    ...[...new Set(tenantIds)]
      .toSorted()
      .flatMap((tenantId) => [
        "",
        `Tenant ${makePlain(tenantId)}`,
        ...formatSubscriptions(of(subscriptions, tenantId), now),
        ...formatDeaf(of(deafSpots, tenantId)),
        ...formatGaps(of(gaps, tenantId), now),
      ]),
  ];
}

const STATE_WORDS: Readonly<Record<SubscriptionState | DeafRow["state"], string>> = {
  expired: "expired",
  "renewal-overdue": "renewal overdue",
  "being-made": "being made",
  listening: "listening",
  deaf: "deaf",
  "bot-framework": "Bot Framework alone",
  polled: "polled",
};

function formatSummary({ counts, aliveAt }: SubscriptionsReport, now: number): string[] {
  const { gaps, ...states } = counts;
  const rows = (Object.keys(STATE_WORDS) as (keyof typeof states)[]).filter((state) => states[state] > 0);
  const found = rows.map((state) => `${states[state]} ${STATE_WORDS[state]}`);
  const nothing = "Nothing is listened to: the app is installed nowhere, or nobody looked yet.";
  return [
    ...fold(found.length > 0 ? `${found.join(", ")}; ${formatCount(gaps, "open gap")}.` : nothing, ""),
    aliveAt === null
      ? "No bot has been at work on this database yet."
      : `The bot was last at work ${formatAgo(aliveAt, now)}.`,
  ];
}

/** What is the same for many is said once, above them. */
function formatSubscriptions(rows: readonly SubscriptionRow[], now: number): string[] {
  const groups = Map.groupBy(
    rows,
    ({ wantedBy, content, api }) => `Wanted by ${makePlain(wantedBy)} (${content}, ${api})`,
  );
  return [...groups].flatMap(([heading, members]) => [
    "",
    heading,
    ...members.flatMap((row) => [
      formatPlace(row),
      ...fold(`${describeExpiry(row, now)}, ${describeNotification(row, now)}`),
    ]),
  ]);
}

function describeExpiry({ state, expiresAt }: SubscriptionRow, now: number): string {
  if (expiresAt === null) return state === "being-made" ? "Graph has not answered yet" : "removed by Graph";
  if (state === "expired") return `expired ${formatAgo(expiresAt, now)}`;
  return `expires in ${formatSpan(Date.parse(expiresAt) - now)} (${expiresAt})`;
}

function describeNotification({ lastNotificationAt }: SubscriptionRow, now: number): string {
  if (lastNotificationAt === null) return "last notification: none yet";
  return `last notification ${formatSpan(now - Date.parse(lastNotificationAt))} ago`;
}

function formatDeaf(rows: readonly DeafRow[]): string[] {
  if (rows.length === 0) return [];
  return [
    "",
    "What Graph does not report",
    ...rows.flatMap((row) => [formatPlace(row), ...fold(makePlain(row.reason))]),
  ];
}

const GAP_WORDS: Readonly<Record<GapReason, string>> = {
  new: "what was said before Graph listened there",
  downtime: "the bot was not running",
  "subscription-lost": "its subscription had lapsed, or was made anew",
  "drop-suspected": "Graph may have dropped notifications",
  sweep: "a slow look; nothing is known to be missing",
};

function formatGaps(rows: readonly GapRow[], now: number): string[] {
  if (rows.length === 0) return [];
  return [
    "",
    "Gaps, to be read back",
    ...rows.flatMap(({ place, since, reason, failedTries }) => [
      `  ${makePlain(place)}`,
      ...fold(
        `since ${since} (${formatSpan(now - Date.parse(since))} ago): ${GAP_WORDS[reason]}` +
          (failedTries > 0 ? `; ${formatCount(failedTries, "try", "tries")} failed` : ""),
      ),
    ]),
  ];
}

const STATE_COLUMNS = Math.max(...Object.values(STATE_WORDS).map((words) => words.length));

function formatPlace({ state, place }: SubscriptionRow | DeafRow): string {
  return `  ${STATE_WORDS[state].padEnd(STATE_COLUMNS)}  ${makePlain(place)}`;
}

/** By words, behind the indent. */
function fold(text: string, indent = "    "): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && indent.length + line.length + 1 + word.length > MOST_COLUMNS) {
      lines.push(indent + line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, indent + line];
}

/** `2 hours ago (2026-11-21T04:00:00Z)` */
function formatAgo(instant: string, now: number): string {
  return `${formatSpan(now - Date.parse(instant))} ago (${instant})`;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A subscription's life in hours, which are what counts of it. Clocks that differ make no time negative. */
function formatSpan(ms: number): string {
  if (ms < 2 * MINUTE_MS) return formatCount(Math.floor(Math.max(ms, 0) / SECOND_MS), "second");
  if (ms < 2 * HOUR_MS) return formatCount(Math.floor(ms / MINUTE_MS), "minute");
  if (ms < 4 * DAY_MS) return formatCount(Math.floor(ms / HOUR_MS), "hour");
  return formatCount(Math.floor(ms / DAY_MS), "day");
}

function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
