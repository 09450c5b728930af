import { parseDatabase } from "../../src/config.ts";
import { openStorage } from "../../src/storage/open-storage.ts";
import { UNREADABLE_CODES, type ParkedNotification } from "../../src/storage/storage.ts";
import { judge, type Finding } from "./judge.ts";
import { readDeliveries } from "./read-deliveries.ts";
import { readOpenRows, type OpenRow } from "./read-open-rows.ts";
import type { Scene } from "./scene.ts";
import { formatTimeline } from "./timeline.ts";

export interface Verdict {
  readonly isGood: boolean;
  readonly seed: number;
  readonly messages: number;
  readonly kills: number;
  readonly durationMs: number;
  /** Of lines that no copy of was ever acknowledged: only where the tenant loses or spoils them. */
  readonly unheard: number;
  /** Set aside with good reason: the only copy that came was one that the tenant made unreadable. */
  readonly spoilt: number;
  readonly faultCounts: Readonly<Record<string, number>>;
  /** Requests that each instance answered, where there are several. */
  readonly answered: readonly number[];
  /** What is wrong; empty where all is well. */
  readonly faults: readonly string[];
  /** For whoever has to find out why. */
  readonly evidence: string;
}

const MOST_SHOWN = 4;
const LISTED_PARKED = 10_000;

/** Ends the bots, and tells what stands in the tenant. `unrest`: what kept the work from coming to its end. */
export async function reachVerdict(
  scene: Scene,
  { startedAt, unrest }: { startedAt: number; unrest: string | null },
): Promise<Verdict> {
  const { trial, tenant, crowd, bots, kills } = scene;
  const stuck = unrest === null ? [] : await readOpenRows(scene.database);
  const exitCodes = await Promise.all(bots.map((bot) => bot.stop()));
  const poison = trial.faults?.deliveries?.poison ?? 0;
  const { findings, unheard } = judge({
    botId: tenant.bot.id,
    lines: crowd.lines,
    readMessages: tenant.readMessages,
    deliveries: tenant.deliveries,
    isGraphPoisoned: poison > 0,
    othersTalk: trial.othersPerMinute !== undefined,
  });
  const parked = await readParked(scene.database);
  const wrongly = poison > 0 ? dropSpoilt(parked, scene) : parked;
  const mayBeUnheard = poison > 0 || (trial.faults?.deliveries?.loseGraph ?? 0) > 0;
  const faults = [
    ...(unrest === null ? [] : [unrest]),
    ...findings.map(({ kind, what }) => `${kind}: ${what}`),
    ...(mayBeUnheard ? [] : unheard.map(({ text }) => `unheard: ${text}`)),
    ...wrongly.map(({ code, message }) => `parked: ${message.messageId} (${code})`),
    ...readRefusals(scene),
    ...readSpilled(scene),
    ...exitCodes.flatMap((code, index) =>
      code === 0 ? [] : [`bot ${index} ended with ${code ?? "a kill"}`],
    ),
    ...bots.flatMap((bot, index) => (bot.deaths() === 0 ? [] : [`bot ${index} died by itself`])),
  ];
  return {
    isGood: faults.length === 0,
    seed: trial.seed,
    messages: crowd.lines.length,
    kills: kills.length,
    durationMs: Date.now() - startedAt,
    unheard: unheard.length,
    spoilt: parked.length - wrongly.length,
    faultCounts: { ...tenant.faultCounts },
    answered: [...(scene.balancer?.answered.values() ?? [])],
    faults,
    evidence:
      faults.length === 0 ? "" : gatherEvidence(scene, findings, [...stuck, ...wrongly.map(describeParked)]),
  };
}

/** In one text, for a failing test and for the soak. */
export function describeVerdict({ evidence, faults, ...verdict }: Verdict): string {
  const shown = faults.slice(0, 20).join("\n");
  return `${JSON.stringify(verdict)}${faults.length > 0 ? `\n${faults.length} faults:\n${shown}` : ""}${evidence && `\n${evidence}`}`;
}

async function readParked(database: string): Promise<readonly ParkedNotification[]> {
  const storage = await openStorage(parseDatabase({ DATABASE_URL: database }), "tool");
  try {
    return await storage.listParked({ limit: LISTED_PARKED });
  } finally {
    await storage.close();
  }
}

/** Bot Framework's copy is never spoilt; of the bot's own words, which Graph brings back, it has none. */
function dropSpoilt(parked: readonly ParkedNotification[], { tenant }: Scene): ParkedNotification[] {
  const heard = readDeliveries(tenant.deliveries, true);
  return parked.filter(({ code, message }) => {
    const isTaken = heard.get(`${message.conversationId} ${message.messageId}`)?.isTaken === true;
    return isTaken || !UNREADABLE_CODES.includes(code);
  });
}

/** What the tenant sends is genuine: nothing of it may be turned away but for want of a database. */
function readRefusals({ tenant, bots }: Scene): string[] {
  const wrong = tenant.deliveries.flatMap(({ sender, index, attempts }) =>
    attempts
      .filter(({ status }) => status !== null && status >= 300 && status !== 502 && status !== 503)
      .map(({ status }) => `refused: ${sender}'s delivery ${index}: ${status}`),
  );
  const logged = bots.flatMap(({ lines }) => lines.filter((line) => line.includes('"result":"refused"')));
  return [...wrong, ...logged.map((line) => `refused: ${line}`)];
}

function readSpilled({ crowd, bots }: Scene): string[] {
  const words = /(?:question|cheer|chatter) \d{6}/;
  const spilled =
    crowd.lines.length > 0 && bots.flatMap(({ lines }) => lines.filter((line) => words.test(line)));
  return spilled ? spilled.map((line) => `the log tells what was said: ${line}`) : [];
}

const describeParked = ({ message, code }: ParkedNotification): OpenRow => ({
  ...message,
  ...{ state: "parked", attempts: 0, code },
});

function gatherEvidence(scene: Scene, findings: readonly Finding[], rows: readonly OpenRow[]): string {
  const stories = findings.slice(0, MOST_SHOWN).map(({ kind, what, messages }) => {
    const timelines = messages.slice(0, 4).map((message) => formatTimeline(message, scene));
    return `${kind}: ${what}\n${timelines.join("\n  --\n")}`;
  });
  const leftOver = rows.slice(0, MOST_SHOWN).map((row) => {
    const messages = scene.tenant.readMessages(row.conversationId);
    const message = messages.find(({ id }) => id === row.messageId);
    return `${JSON.stringify(row)}\n${message ? formatTimeline(message, scene) : ""}`;
  });
  const ends = scene.bots.map(({ lines }, index) => `bot ${index}: …\n${lines.slice(-8).join("\n")}`);
  return [...leftOver, ...stories, ...ends].join("\n\n");
}
