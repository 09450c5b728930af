/** What Graph refused, so that it is not asked again and again, and is said to whoever wonders. */
import type { EarshotError } from "../errors.ts";
import type { DeafSpot } from "../storage/subscription-record.ts";
import { explainRefusal, type Refusal } from "./explain-refusal.ts";
import type { Wanted } from "./plan.ts";

export interface Refusals {
  /** Refused lately; it is asked again when the time is over, or when something has changed. */
  isStanding(resource: string): boolean;
  find(resource: string): StandingRefusal | undefined;
  /** What an earlier keeper was told: it is not asked for again at every start. */
  restore(spots: readonly DeafSpot[]): void;
  note(asked: Pick<Wanted, "resource" | "api">, error: EarshotError): Refusal;
  forget(resource: string): void;
  /** Something was installed, upgraded or consented to: of these resources another answer may be had now. */
  reconsider(fits: (resource: string) => boolean): void;
  /** When each is asked again, epoch ms. */
  listTimes(): readonly number[];
}

export type StandingRefusal = Pick<Refusal, "state" | "reason"> & {
  /** Epoch ms. */
  readonly askAgainAt: number;
  /** How often it was refused, one after the other. */
  readonly times: number;
};

/**
 * What is refused for a moment is asked for again soon. Else only a person can mend it; after this we look whether
 * somebody did. What a channel is, hardly changes.
 */
const STANDS_AT_FIRST_MS = 2 * 60_000;
const STANDS_LONGER = 4;
const STANDS_MS = 60 * 60_000;
const STANDS_BY_KIND_MS = 24 * 60 * 60_000;

/** From then on it stands for as long as it ever does. */
const OFTEN = 8;

export function createRefusals(now: () => number): Refusals {
  const refusals = new Map<string, StandingRefusal>();
  return {
    isStanding: (resource) => (refusals.get(resource)?.askAgainAt ?? 0) > now(),
    find: (resource) => refusals.get(resource),
    restore: (spots) => {
      for (const { refused, state, reason } of spots) {
        const { resource, askAgainAt } = refused ?? {};
        // How often, was not written down: it is no news.
        if (resource !== undefined && askAgainAt !== undefined)
          refusals.set(resource, { state, reason, askAgainAt, times: OFTEN });
      }
    },
    note: (asked, error) => {
      const refusal = explainRefusal(error, asked);
      const { kind, state, reason } = refusal;
      const times = (refusals.get(asked.resource)?.times ?? 0) + 1;
      const standsMs =
        kind === "channel-kind"
          ? STANDS_BY_KIND_MS
          : Math.min(STANDS_MS, STANDS_AT_FIRST_MS * STANDS_LONGER ** (times - 1));
      refusals.set(asked.resource, { state, reason, askAgainAt: now() + standsMs, times });
      return refusal;
    },
    forget: (resource) => void refusals.delete(resource),
    reconsider: (fits) => {
      for (const [resource, refusal] of refusals) {
        // What a channel is, does not change with what is installed.
        if (refusal.state !== "polled" && fits(resource))
          refusals.set(resource, { ...refusal, askAgainAt: 0, times: 0 });
      }
    },
    listTimes: () => [...refusals.values()].map(({ askAgainAt }) => askAgainAt),
  };
}
