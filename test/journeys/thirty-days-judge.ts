/** Whether each message was handled once, in its order: known from what people said and from the bot's traces. */
import type { PostedMessage } from "../../src/emulator/posted-message.ts";
import type { Trace } from "../../src/model/trace.ts";

const MOST_SHOWN = 12;

/** What is wrong, in words; empty: nothing is. */
export function judgeHearing(said: readonly PostedMessage[], traces: readonly Trace[]): string[] {
  const decided = readDecided(traces);
  const counts = new Map<string, number>();
  for (const { message } of decided) {
    const name = `${message?.conversationId} ${message?.messageId}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const wrong = said.flatMap((message) => {
    const amount = counts.get(`${message.conversationId} ${message.id}`) ?? 0;
    if (amount === 1) return [];
    const when = `said at ${message.createdAt} in ${message.conversationId}`;
    return [`${amount === 0 ? "never decided" : `decided ${amount} times`}: ${message.id}, ${when}`];
  });
  const parked = traces.filter(({ step }) => step === "parked");
  return [
    ...wrong,
    ...findDisorder(decided),
    ...findRepeated(traces),
    ...parked.map(({ message, code }) => `parked: ${message?.messageId} (${code})`),
  ];
}

/** A message that waits again, for its answer could not be sent yet, is decided on anew: the last time counts. */
function readDecided(traces: readonly Trace[]): Trace[] {
  const decided = new Map<number, Trace>();
  const last = new Map<string, number>();
  for (const [index, trace] of traces.entries()) {
    const { step, result, message, change } = trace;
    if (change !== undefined) continue;
    const name = JSON.stringify(message);
    if (step === "decided") {
      decided.set(index, trace);
      last.set(name, index);
    } else if (step === "claimed" && result === "retry") {
      decided.delete(last.get(name) ?? -1);
    }
  }
  return [...decided.values()];
}

/**
 * In each conversation the ids of what people said must ascend. What the bot said itself comes back through Graph alone,
 * as late as Graph is, and nothing is done about it.
 */
function findDisorder(decided: readonly Trace[]): string[] {
  const last = new Map<string, number>();
  return decided.flatMap(({ message, at, code }) => {
    if (!message || code === "own-message") return [];
    const { conversationId, messageId } = message;
    const before = last.get(conversationId) ?? 0;
    last.set(conversationId, Math.max(before, Number(messageId)));
    if (Number(messageId) > before) return [];
    return [`out of order: ${messageId} after ${before}, decided at ${at} in ${conversationId}`];
  });
}

function findRepeated(traces: readonly Trace[]): string[] {
  const replied = traces.filter(({ step, result }) => step === "replied" && result === "ok");
  const names = replied.map(({ message, action }) => `${JSON.stringify(message)} ${action}`);
  return names
    .filter((name, index) => names.indexOf(name) !== index)
    .map((name) => `answered twice: ${name}`);
}

export function describeFaults(faults: readonly string[]): string {
  const rest = faults.length - MOST_SHOWN;
  return [...faults.slice(0, MOST_SHOWN), ...(rest > 0 ? [`… and ${rest} more`] : [])].join("\n");
}
