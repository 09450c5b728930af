/** What happened to a message, by the tenant's log and by the bots' own, in the order of time. */
import type { EmulatedTenant } from "../../src/emulator/emulated-tenant.ts";
import type { PostedMessage } from "../../src/emulator/posted-message.ts";
import type { BotProcess } from "./bot-process.ts";
import { readMessageKeys } from "./read-deliveries.ts";
import type { Kill } from "./strike.ts";

interface Moment {
  /** ISO 8601. */
  readonly at: string;
  readonly what: string;
}

/** Around it, what else was sent to its conversation, and who was killed. */
const AROUND_MS = 20_000;

export function formatTimeline(
  message: PostedMessage,
  scene: { tenant: EmulatedTenant; bots: readonly BotProcess[]; kills: readonly Kill[] },
): string {
  const { tenant, bots, kills } = scene;
  const own = [
    ...readPosts(message, tenant),
    ...readAttempts(message, tenant),
    ...bots.flatMap(({ lines }, index) => readLog(message, lines, `bot ${index}`)),
  ].toSorted(byTime);
  const from = formatInstant(Date.parse(message.createdAt) - 1_000);
  const until = formatInstant(Date.parse(own.at(-1)?.at ?? message.createdAt) + AROUND_MS);
  const around = [...readSends(message, tenant), ...kills.map(describeKill)].filter(
    ({ at }) => at >= from && at <= until,
  );
  return [...own, ...around]
    .toSorted(byTime)
    .map(({ at, what }) => `  ${at.slice(11)} ${what}`)
    .join("\n");
}

const byTime = (one: Moment, other: Moment) => (one.at < other.at ? -1 : Number(one.at > other.at));
const formatInstant = (atMs: number) => new Date(atMs).toISOString();

function readPosts(message: PostedMessage, tenant: EmulatedTenant): Moment[] {
  const threadId = message.rootId ?? message.id;
  const own = tenant
    .readMessages(message.conversationId)
    .filter(({ key, rootId, sender }) => key === message.key || (sender.isBot && rootId === threadId));
  return own.map(({ createdAt, sender, id, rootId }) => ({
    at: createdAt,
    what: `tenant: ${sender.name} posted ${id}${rootId === null ? "" : ` in thread ${rootId}`}`,
  }));
}

function readAttempts({ conversationId, id }: PostedMessage, tenant: EmulatedTenant): Moment[] {
  return tenant.deliveries
    .filter(({ body }) => readMessageKeys(body).includes(`${conversationId} ${id}`))
    .flatMap(({ sender, attempts, state, index }) =>
      attempts.map(({ at, endedAt, status, fault }) => ({
        at,
        what: `tenant: ${sender} delivers (${index}): ${status ?? fault ?? "no answer"} at ${endedAt.slice(11)}, ${state}`,
      })),
    );
}

function readSends({ conversationId }: PostedMessage, tenant: EmulatedTenant): Moment[] {
  return tenant.sends
    .filter((send) => send.conversationId.startsWith(conversationId))
    .map(({ atMs, kind, status, isTaken, conversationId: to }) => ({
      at: formatInstant(atMs),
      what: `tenant: ${kind} into ${to.slice(conversationId.length)}: ${status ?? "cut"}${isTaken ? "" : ", not taken"}`,
    }));
}

function readLog(message: PostedMessage, lines: readonly string[], name: string): Moment[] {
  return lines.filter((line) => line.includes(message.id)).map((line) => readLogLine(line, name));
}

function readLogLine(line: string, name: string): Moment {
  try {
    const { time, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
    for (const known of ["level", "pid", "hostname", "name", "message"]) delete fields[known];
    return { at: formatInstant(Number(time)), what: `${name}: ${String(msg)} ${JSON.stringify(fields)}` };
  } catch {
    return { at: "", what: `${name}: ${line}` };
  }
}

function describeKill({ at, bot, moment }: Kill): Moment {
  return { at, what: `bot ${bot} killed (${moment})` };
}
