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
};

/** Only a person can mend a refusal; after this we look whether somebody did. What a channel is, hardly changes. */
const STANDS_MS = 60 * 60_000;
const STANDS_BY_KIND_MS = 24 * 60 * 60_000;

export function createRefusals(now: () => number): Refusals {
  const refusals = new Map<string, StandingRefusal>();
  return {
    isStanding: (resource) => (refusals.get(resource)?.askAgainAt ?? 0) > now(),
    find: (resource) => refusals.get(resource),
    restore: (spots) => {
      for (const { refused, state, reason } of spots) {
        if (refused) refusals.set(refused.resource, { state, reason, askAgainAt: refused.askAgainAt });
      }
    },
    note: (asked, error) => {
      const refusal = explainRefusal(error, asked);
      const { kind, state, reason } = refusal;
      const standsMs = kind === "channel-kind" ? STANDS_BY_KIND_MS : STANDS_MS;
      refusals.set(asked.resource, { state, reason, askAgainAt: now() + standsMs });
      return refusal;
    },
    forget: (resource) => void refusals.delete(resource),
    reconsider: (fits) => {
      for (const [resource, refusal] of refusals) {
        // What a channel is, does not change with what is installed.
        if (refusal.state !== "polled" && fits(resource))
          refusals.set(resource, { ...refusal, askAgainAt: 0 });
      }
    },
    listTimes: () => [...refusals.values()].map(({ askAgainAt }) => askAgainAt),
  };
}
