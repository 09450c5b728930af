/**
 * Teams' limits on what one bot sends: so many within a sliding window.
 * Sources: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit,
 * https://learn.microsoft.com/microsoftteams/platform/agents-in-teams/agent-reactions
 */

export type SendKind = "reply" | "react" | "unreact";

export interface SendLimits {
  /** Counts a send; or answers in how many whole seconds to come back, and counts nothing. */
  take(send: { kind: SendKind; tenantId: string; conversationId: string }): number | null;
}

interface Limit {
  readonly most: number;
  readonly windowMs: number;
}

const THREAD: readonly Limit[] = [
  { most: 7, windowMs: 1_000 },
  { most: 8, windowMs: 2_000 },
  { most: 60, windowMs: 30_000 },
  { most: 1_800, windowMs: 3_600_000 },
];
const TENANT: readonly Limit[] = [{ most: 50, windowMs: 1_000 }];
const REACTIONS: readonly Limit[] = [{ most: 2, windowMs: 1_000 }];

export function createSendLimits(now: () => number): SendLimits {
  const sent = new Map<string, number[]>();

  /** Milliseconds until one more fits, 0: now. */
  function readWaitMs(name: string, limits: readonly Limit[], atMs: number): number {
    const times = sent.get(name) ?? [];
    return Math.max(
      ...limits.map(({ most, windowMs }) => {
        const oldest = times.at(-most);
        return oldest === undefined ? 0 : Math.max(0, oldest + windowMs - atMs);
      }),
    );
  }

  function note(name: string, limits: readonly Limit[], atMs: number): void {
    const longestMs = Math.max(...limits.map(({ windowMs }) => windowMs));
    sent.set(name, [...(sent.get(name) ?? []).filter((at) => at > atMs - longestMs), atMs]);
  }

  return {
    take({ kind, tenantId, conversationId }) {
      const atMs = now();
      const counted: readonly (readonly [string, readonly Limit[]])[] = [
        [`tenant ${tenantId}`, TENANT],
        kind === "reply" ? [`thread ${conversationId}`, THREAD] : ["reactions", REACTIONS],
      ];
      const waitMs = Math.max(...counted.map(([name, limits]) => readWaitMs(name, limits, atMs)));
      if (waitMs > 0) return Math.ceil(waitMs / 1_000);
      for (const [name, limits] of counted) note(name, limits, atMs);
      return null;
    },
  };
}
