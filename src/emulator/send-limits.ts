/**
 * Teams' limits on what one bot asks of the connector: so many within a sliding window.
 * Sources: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit,
 * https://learn.microsoft.com/microsoftteams/platform/agents-in-teams/agent-reactions,
 * https://learn.microsoft.com/microsoftteams/platform/resources/team-chat-member-api-changes
 */

/** What is written down: a reply, a reaction set or taken back, a new conversation. */
export type SendKind = "reply" | "react" | "unreact" | "create";
/** What is asked for, and the bot's own messages changed. */
export type ReadKind = "read-members" | "read-all-members" | "read-conversation" | "change";

export interface SendLimits {
  /** Counts a call; or answers in how many whole seconds to come back, and counts nothing. */
  take(call: { kind: SendKind | ReadKind; tenantId: string; conversationId: string }): number | null;
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
const LOOK_UPS: readonly Limit[] = [
  { most: 14, windowMs: 1_000 },
  { most: 16, windowMs: 2_000 },
  { most: 120, windowMs: 30_000 },
  { most: 3_600, windowMs: 3_600_000 },
];
/** On its way out of Teams, and slowed down until it is gone. */
const ALL_MEMBERS: readonly Limit[] = [{ most: 5, windowMs: 60_000 }];
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
      const counted: (readonly [string, readonly Limit[]])[] = [
        [`tenant ${tenantId}`, TENANT],
        ...chooseLimits(kind, conversationId),
      ];
      const waitMs = Math.max(...counted.map(([name, limits]) => readWaitMs(name, limits, atMs)));
      if (waitMs > 0) return Math.ceil(waitMs / 1_000);
      for (const [name, limits] of counted) note(name, limits, atMs);
      return null;
    },
  };
}

/** What counts by itself, apart from the organisation: by name of the count. */
function chooseLimits(
  kind: SendKind | ReadKind,
  conversationId: string,
): (readonly [string, readonly Limit[]])[] {
  const thread = `${kind} ${conversationId}`;
  switch (kind) {
    case "reply":
    case "create":
      return [[thread, THREAD]];
    case "react":
    case "unreact":
      return [["reactions", REACTIONS]];
    case "read-members":
    case "read-conversation":
      return [[thread, LOOK_UPS]];
    case "read-all-members":
      return [[thread, ALL_MEMBERS]];
    case "change":
      return [];
  }
}
