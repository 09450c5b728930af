/** What the bot asked of Graph in thirty days, beside what somebody would ask who knew all in advance. */
import type { WeatheredCall } from "./graph-weather.ts";

export interface Ledger {
  /** A subscription stands from now on; Graph takes a renewal for no more than 71 hours. */
  begin(resource: string, at: number): void;
  /** It is gone, by our doing or not. */
  end(resource: string, at: number, by: "us" | "graph"): void;
  /** Every address changes: a PATCH each, and later another subscription, as lifecycle addresses cannot be patched. */
  move(at: number): void;
  /** So many conversations have to be read once. */
  read(conversations: number): void;
  /** One line: of each kind what was asked, and the least. */
  format(calls: readonly WeatheredCall[], endAt: number): string;
}

const LIFE_MS = 71 * 60 * 60_000;

const KINDS: readonly (readonly [kind: string, fits: (call: WeatheredCall) => boolean])[] = [
  ["creates", ({ method }) => method === "POST"],
  ["renewals", ({ method }) => method === "PATCH"],
  ["deletes", ({ method }) => method === "DELETE"],
  ["lists", ({ path }) => path === "/subscriptions"],
  ["reads", ({ path }) => /\/messages\b/.test(path)],
  ["others", () => true],
];

export function createLedger(): Ledger {
  const standing = new Map<string, number>();
  const least = { creates: 0, renewals: 0, deletes: 0, lists: 0, reads: 0, others: 0 };
  const close = (resource: string, at: number) => {
    const from = standing.get(resource) ?? at;
    least.renewals += Math.max(0, Math.ceil((at - from) / LIFE_MS) - 1);
    standing.delete(resource);
  };
  return {
    begin: (resource, at) => {
      standing.set(resource, at);
      least.creates += 1;
    },
    end: (resource, at, by) => {
      close(resource, at);
      if (by === "us") least.deletes += 1;
    },
    move: (at) => {
      for (const resource of [...standing.keys()]) {
        close(resource, at);
        standing.set(resource, at);
        // The move is a renewal; the one after it is a new beginning.
        least.creates += 1;
        least.deletes += 1;
      }
    },
    read: (conversations) => {
      least.reads += conversations;
    },
    format: (calls, endAt) => {
      for (const resource of [...standing.keys()]) close(resource, endAt);
      const rest = [...calls];
      const parts = KINDS.map(([kind, fits]) => {
        const those = rest.filter(fits);
        for (const call of those) rest.splice(rest.indexOf(call), 1);
        const refused = those.filter(({ status }) => status >= 400).length;
        const note = refused > 0 ? ` (${refused} refused)` : "";
        return `${kind} ${those.length}${note} of least ${least[kind as keyof typeof least]}`;
      });
      return `calls to Graph: ${calls.length}; ${parts.join(", ")}`;
    },
  };
}
