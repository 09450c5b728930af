/**
 * Teams' limits on what a bot sends, kept by waiting. A send that would exceed one is given an appointment, in the
 * order of asking, and the place is kept for it.
 * Sources: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit (sends) and
 * https://learn.microsoft.com/microsoftteams/platform/agents-in-teams/agent-reactions (reactions)
 */
import { createSendWindow, type Limit, type SendWindow, type Turn } from "./send-window.ts";

export interface SendBudget {
  /**
   * Milliseconds to wait, 0: go ahead, it is counted. Who has to wait asks again under the same key when the time has
   * come. Who comes late stands before all who asked later, but Teams counts what is really sent: it may have to wait
   * again for its place.
   */
  reserve(ask: SendAsk): number;
  /** Gives back the turn or the appointment under this key: nothing will be sent. */
  release(key: string): void;
  /** What is kept in mind, for who watches the memory. */
  measure(): { turns: number; windows: number };
}

export interface SendAsk {
  readonly kind: "reply" | "react";
  readonly tenantId: string;
  /** Conversation id as replies are sent to it: in a channel, a thread. */
  readonly threadId: string;
  /** One an action. */
  readonly key: string;
}

/** Replies into one thread. */
const THREAD_LIMITS: readonly Limit[] = [
  { most: 7, windowMs: 1_000 },
  { most: 8, windowMs: 2_000 },
  { most: 60, windowMs: 30_000 },
  { most: 1_800, windowMs: 3_600_000 },
];
/**
 * All that we send in one tenant. Reactions count here, because Teams limits an app's requests; they do not count for
 * the thread, whose limit is on messages posted into it. An appointment far off in one thread is no reason for another
 * to wait, so this is no queue.
 */
const TENANT_LIMITS: readonly Limit[] = [{ most: 50, windowMs: 1_000 }];
/** Reactions, over all conversations of all tenants. */
const REACTION_LIMITS: readonly Limit[] = [{ most: 2, windowMs: 1_000 }];

/** An appointment that nobody keeps is given up, and a turn that was taken can no longer be given back. */
const LAPSE_MS = 60_000;
/** How often what is over is forgotten. */
const SWEEP_EVERY_MS = 10_000;

export function createSendBudget({ now }: { now: () => number }): SendBudget {
  const windows = new Map<string, SendWindow>();
  /** By key, the last one. */
  const turns = new Map<string, { turn: Turn; windows: readonly SendWindow[] }>();
  const readTime = createSteadyClock(now);
  let asked = 0;
  let sweptAt = -Infinity;

  const findWindow = (name: string, limits: readonly Limit[], isQueue: boolean): SendWindow => {
    const window = windows.get(name) ?? createSendWindow({ limits, isQueue });
    windows.set(name, window);
    return window;
  };

  const drop = (key: string): void => {
    const known = turns.get(key);
    if (!known) return;
    for (const window of known.windows) window.remove(known.turn);
    turns.delete(key);
  };

  const sweep = (time: number): void => {
    sweptAt = time;
    for (const [key, { turn }] of turns) {
      if (turn.at > time - LAPSE_MS) continue;
      // What was sent stays in its windows for as long as Teams counts it.
      if (turn.isTaken) turns.delete(key);
      else drop(key);
    }
    for (const [name, window] of windows) if (window.forget(time) === 0) windows.delete(name);
  };

  return {
    reserve: ({ kind, tenantId, threadId, key }) => {
      const time = readTime();
      if (time >= sweptAt + SWEEP_EVERY_MS) sweep(time);
      const known = turns.get(key)?.turn;
      const promised = known?.isTaken === false ? known : null;
      if (promised) {
        if (promised.at > time) return promised.at - time;
        drop(key);
      }
      const own = [
        findWindow(`tenant ${tenantId}`, TENANT_LIMITS, false),
        kind === "react"
          ? findWindow("reactions", REACTION_LIMITS, true)
          : findWindow(`thread ${tenantId} ${threadId}`, THREAD_LIMITS, true),
      ];
      const order = promised?.order ?? (asked += 1);
      for (const window of own) window.forget(time);
      const at = findTime(own, time, order);
      const turn: Turn = { at, order, isTaken: at === time };
      for (const window of own) window.add(turn);
      turns.set(key, { turn, windows: own });
      return at - time;
    },
    release: drop,
    measure: () => {
      sweep(readTime());
      return { turns: turns.size, windows: windows.size };
    },
  };
}

/** The first instant that suits them all. */
function findTime(windows: readonly SendWindow[], from: number, order: number): number {
  let at = from;
  for (;;) {
    const next = Math.max(...windows.map((window) => window.findTime(at, order)));
    if (next === at) return at;
    at = next;
  }
}

/** Where the outer clock is set back, this one goes on: nobody waits an hour because an hour came twice. */
function createSteadyClock(now: () => number): () => number {
  let latest = -Infinity;
  let shiftMs = 0;
  return () => {
    const time = now();
    if (time < latest) shiftMs += latest - time;
    latest = time;
    return time + shiftMs;
  };
}
