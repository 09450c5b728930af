/**
 * Teams' limits on what a bot sends, kept by waiting. Each limit is a number of sends in a sliding window; a send that
 * would exceed one is given an appointment, in the order of asking, and the place is kept for it.
 * Sources: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit (sends) and
 * https://learn.microsoft.com/microsoftteams/platform/agents-in-teams/agent-reactions (reactions)
 */
export interface SendBudget {
  /**
   * Milliseconds to wait, 0: go ahead, it is counted. Who has to wait asks again under the same key when the time
   * has come, and is granted then.
   */
  reserve(ask: SendAsk): number;
}

export interface SendAsk {
  readonly kind: "reply" | "react";
  readonly tenantId: string;
  /** Conversation id as replies are sent to it: in a channel, a thread. */
  readonly threadId: string;
  /** One an action. */
  readonly key: string;
}

interface Limit {
  readonly most: number;
  readonly windowMs: number;
}

const THREAD_LIMITS: readonly Limit[] = [
  { most: 7, windowMs: 1_000 },
  { most: 8, windowMs: 2_000 },
  { most: 60, windowMs: 30_000 },
  { most: 1_800, windowMs: 3_600_000 },
];
/** Over all threads, which do not wait for one another's appointments. */
const TENANT_LIMITS: readonly Limit[] = [{ most: 50, windowMs: 1_000 }];
/** Over all conversations. Reactions are not posts: they count for the tenant and not for the thread. */
const REACTION_LIMITS: readonly Limit[] = [{ most: 2, windowMs: 1_000 }];

/** Between us and Teams the same second is not the same: a window is taken a little longer than it is. */
const SKEW_MS = 50;
/** An appointment that nobody keeps is given up after this. */
const APPOINTMENT_MS = 60_000;
/** How often what is over is forgotten. */
const SWEEP_EVERY_MS = 10_000;

export function createSendBudget({ now }: { now: () => number }): SendBudget {
  const windows = new Map<string, Window>();
  const appointments = new Map<string, { at: number; windows: readonly Window[] }>();
  let sweptAt = 0;

  const findWindow = (name: string, limits: readonly Limit[], isQueue: boolean): Window => {
    const window = windows.get(name) ?? createWindow(limits, isQueue);
    windows.set(name, window);
    return window;
  };

  const sweep = (time: number): void => {
    if (time - sweptAt < SWEEP_EVERY_MS) return;
    sweptAt = time;
    for (const [key, appointment] of appointments) {
      if (appointment.at + APPOINTMENT_MS >= time) continue;
      for (const window of appointment.windows) window.cancel(appointment.at);
      appointments.delete(key);
    }
    for (const [name, window] of windows) if (window.isOver(time)) windows.delete(name);
  };

  return {
    reserve: ({ kind, tenantId, threadId, key }) => {
      const time = now();
      sweep(time);
      const kept = appointments.get(key);
      if (kept && kept.at > time) return kept.at - time;
      const own = kept?.windows ?? [
        findWindow(`tenant ${tenantId}`, TENANT_LIMITS, false),
        kind === "react"
          ? findWindow("reactions", REACTION_LIMITS, true)
          : findWindow(`thread ${tenantId} ${threadId}`, THREAD_LIMITS, true),
      ];
      if (kept) for (const window of own) window.cancel(kept.at);
      // Whoever comes to an appointment stands before all who have a later one; it may be late, and so may others be.
      const at = findTime(own, time, kept ? "sent" : "all");
      if (at > time) {
        appointments.set(key, { at, windows: own });
        for (const window of own) window.promise(at);
        return at - time;
      }
      appointments.delete(key);
      for (const window of own) window.send(time);
      return 0;
    },
  };
}

/** The first instant that suits them all. */
function findTime(windows: readonly Window[], from: number, beside: "sent" | "all"): number {
  let at = from;
  for (;;) {
    const next = Math.max(...windows.map((window) => window.findTime(at, beside)));
    if (next === at) return at;
    at = next;
  }
}

interface Window {
  /** The first instant, not before `from`, at which one more is within every limit: beside what is sent, or promised too. */
  findTime(from: number, beside: "sent" | "all"): number;
  send(at: number): void;
  promise(at: number): void;
  cancel(at: number): void;
  /** Nothing in it counts any more. */
  isOver(time: number): boolean;
}

/** `isQueue`: who comes waits behind all who have an appointment. */
function createWindow(limits: readonly Limit[], isQueue: boolean): Window {
  const longestMs = Math.max(...limits.map(({ windowMs }) => windowMs)) + SKEW_MS;
  /** Both ascending. */
  let sent: number[] = [];
  const promised: number[] = [];

  /** Every window of this length that holds `at` lies within a length of it, on either side. */
  const findFor = ({ most, windowMs }: Limit, from: number, taken: readonly number[]): number => {
    const lengthMs = windowMs + SKEW_MS;
    for (let at = from; ;) {
      const near = taken.filter((one) => one > at - lengthMs && one < at + lengthMs);
      const blocking = near.at(-most);
      if (near.length < most || blocking === undefined) return at;
      at = blocking + lengthMs;
    }
  };

  return {
    findTime: (from, beside) => {
      const taken = beside === "sent" ? sent : [...sent, ...promised];
      const first = beside === "all" && isQueue ? Math.max(from, promised.at(-1) ?? from) : from;
      return Math.max(...limits.map((limit) => findFor(limit, first, taken)));
    },
    send: (at) => {
      sent = sent.filter((one) => one > at - longestMs);
      sent.push(at);
    },
    promise: (at) => {
      promised.splice(promised.findLastIndex((one) => one <= at) + 1, 0, at);
    },
    cancel: (at) => {
      const place = promised.indexOf(at);
      if (place >= 0) promised.splice(place, 1);
    },
    isOver: (time) => promised.length === 0 && (sent.at(-1) ?? -Infinity) + longestMs < time,
  };
}
