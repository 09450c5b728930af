/**
 * Graph's limits on how often it may be called, kept on our side: a call waits for its turn instead of being refused.
 * Below the published limits, of which Microsoft says that not all of it can be counted on.
 * Source: https://learn.microsoft.com/graph/throttling-limits
 */
import type { Edges } from "../edges.ts";

export interface CallBudget {
  /**
   * Resolves when the call may be sent; answers how to say what came of it. Who asks first goes first. After a refusal
   * one call alone finds out whether Graph takes them again, and the others wait for it. Where `ending` aborts, all that
   * wait go at once: whoever called looks at it.
   */
  enter(call: GraphCall, ending?: AbortSignal): Promise<Leave>;
}

/** `null`: Graph took the call, whatever it answered; else for how long, in milliseconds, it wants none. */
export type Leave = (refusedForMs: number | null) => void;

export interface GraphCall {
  readonly tenantId: string;
  readonly method: string;
  /** Without host and version; the query does not matter. */
  readonly path: string;
}

/** At most so many in any window of this length. */
interface Limit {
  readonly most: number;
  readonly windowMs: number;
}

interface Rule {
  /** The first group, where there is one, is the resource that has a limit of its own. */
  readonly calls: RegExp;
  readonly app?: Limit;
  readonly tenant: Limit;
  readonly resource?: Limit;
}

const every = (windowMs: number) => (most: number) => ({ most, windowMs });
const perSecond = every(1_000);
const perTwentySeconds = every(20_000);

/** The first that fits. Published: 500 (app: 2,000) writes and 25 (40) lists of subscriptions in 20 s, and as noted. */
const RULES: readonly Rule[] = [
  { calls: /^GET \/subscriptions$/, app: perTwentySeconds(32), tenant: perTwentySeconds(20) },
  { calls: /^\w+ \/subscriptions\b/, app: perTwentySeconds(1_800), tenant: perTwentySeconds(450) },
  // 20 a second, 1 for each channel. For deltas and replies Microsoft's staff name 60 a minute in all.
  {
    calls: /^GET \/teams\/[^/]+\/channels\/([^/]+)\/messages\b/,
    tenant: perSecond(1),
    resource: perSecond(1),
  },
  // 20 a second, 1 for each chat.
  { calls: /^GET \/chats\/([^/]+)\/messages\b/, tenant: perSecond(10), resource: perSecond(1) },
  // 60 a second, 4 for each team.
  { calls: /^GET \/teams\/([^/]+)\/channels$/, tenant: perSecond(30), resource: perSecond(4) },
  // 30 a second, 1 for each team or chat.
  { calls: /^GET \/\w+\/([^/]+)\/permissionGrants$/, tenant: perSecond(20), resource: perSecond(1) },
  { calls: /^/, tenant: perSecond(20) },
];

/** Between us and Graph the same second is not the same: a window is taken a little longer than it is. */
const SKEW_MS = 50;
/** So many windows are kept before those that hold nobody up any more are looked for. */
const MOST_IDLE = 10_000;

/** Refused again and again, it waits longer than Graph says, up to this. */
const LONGEST_CLOSED_MS = 5 * 60_000;
/** Of what Graph says no less is taken, so that every refusal makes a pause, and no more: it may be over long before. */
const LEAST_ASKED_MS = 1_000;
const MOST_ASKED_MS = 60 * 60_000;

interface Window {
  readonly limit: Limit;
  /** Whether it counts the calls of all tenants together. */
  readonly isOfApp: boolean;
  /** The latest turns, ascending: as many as the limit counts. */
  turns: number[];
  closedUntil: number;
  /** One after the other; 0: the last call was taken. */
  refusals: number;
  /** The call that finds out; null: none is under way. */
  probe: Promise<unknown> | null;
}

interface Probe {
  readonly doubted: readonly Window[];
  end(): void;
}

export function createCallBudget(edges: Pick<Edges, "now" | "sleep">): CallBudget {
  const windows = new Map<string, Window>();
  const readTime = createSteadyClock(edges.now);

  const open = (key: string, limit: Limit, isOfApp = false): Window => {
    const known = windows.get(key);
    if (known) return known;
    if (windows.size >= MOST_IDLE) forgetIdle(windows, readTime());
    const window: Window = { limit, isOfApp, turns: [], closedUntil: 0, refusals: 0, probe: null };
    windows.set(key, window);
    return window;
  };

  const findWindows = ({ tenantId, method, path }: GraphCall): Window[] => {
    const call = `${method} ${path.replace(/\?.*$/s, "")}`;
    const index = RULES.findIndex(({ calls }) => calls.test(call));
    const rule = RULES[index];
    if (!rule) return [];
    const resource = rule.calls.exec(call)?.[1];
    return [
      ...(rule.app ? [open(`${index}`, rule.app, true)] : []),
      open(`${index} ${tenantId}`, rule.tenant),
      ...(rule.resource && resource ? [open(`${index} ${tenantId} ${resource}`, rule.resource)] : []),
    ];
  };

  const takeTurn = (own: readonly Window[]): number => {
    const turn = Math.max(readTime(), ...own.map(findTurn));
    for (const window of own) {
      window.turns = [...window.turns, turn].sort((a, b) => a - b).slice(-window.limit.most);
    }
    return turn;
  };

  /**
   * Until the turn has come, none of them is closed, and nobody else is finding out; answers what this call is to find
   * out. Who was held up beyond the turn takes another: all that were would go at once.
   */
  const wait = async (own: readonly Window[], ending?: AbortSignal): Promise<Probe> => {
    let turn = takeTurn(own);
    for (;;) {
      if (ending?.aborted) return { doubted: [], end: () => undefined };
      const now = readTime();
      const closedMs = Math.max(...own.map(({ closedUntil }) => closedUntil)) - now;
      const doubted = own.filter(({ refusals }) => refusals > 0);
      const running = doubted.find(({ probe }) => probe !== null)?.probe;
      if (closedMs > 0 || running) {
        await (closedMs > 0 ? edges.sleep(closedMs, ending) : running);
        if (turn < readTime()) turn = takeTurn(own);
      } else if (turn > now) {
        await edges.sleep(turn - now, ending);
      } else {
        // At once: those that wait as well look at this before they go.
        const { promise, resolve } = Promise.withResolvers<undefined>();
        for (const window of doubted) window.probe = promise;
        return { doubted, end: () => resolve(undefined) };
      }
    }
  };

  const note = (own: readonly Window[], refusedForMs: number | null): void => {
    for (const window of own) {
      if (refusedForMs === null) {
        window.refusals = 0;
      } else if (!window.isOfApp) {
        // One tenant's trouble does not silence the others.
        const askedMs = Math.min(MOST_ASKED_MS, Math.max(LEAST_ASKED_MS, refusedForMs));
        const longerMs = Math.min(LONGEST_CLOSED_MS, askedMs * 2 ** window.refusals);
        window.refusals += 1;
        window.closedUntil = Math.max(window.closedUntil, readTime() + Math.max(askedMs, longerMs));
      }
    }
  };

  return {
    enter: async (call, ending) => {
      const own = findWindows(call);
      const { doubted, end } = await wait(own, ending);
      return (refusedForMs) => {
        note(own, refusedForMs);
        for (const window of doubted) window.probe = null;
        end();
      };
    },
  };
}

/** Where the clock is set back it stands instead: nobody waits again for what was waited for. */
function createSteadyClock(now: () => number): () => number {
  let latest = now();
  let aheadMs = 0;
  return () => {
    const at = now();
    aheadMs += Math.max(0, latest - at);
    latest = at;
    return at + aheadMs;
  };
}

/** The first instant at which one more keeps within the limit. */
function findTurn({ limit, turns, closedUntil }: Window): number {
  const first = turns[turns.length - limit.most];
  return Math.max(closedUntil, first === undefined ? 0 : first + limit.windowMs + SKEW_MS);
}

function forgetIdle(windows: Map<string, Window>, now: number): void {
  for (const [key, { turns, limit, closedUntil, probe }] of windows) {
    if (probe) continue;
    if (Math.max(closedUntil, (turns.at(-1) ?? 0) + limit.windowMs + SKEW_MS) < now) windows.delete(key);
  }
}
