/** What Graph refused, so that it is not asked again and again, and is said to whoever wonders. */
import type { EarshotError } from "../errors.ts";
import { explainRefusal, type Refusal } from "./explain-refusal.ts";
import type { Wanted } from "./plan.ts";

export interface Refusals {
  /** Refused lately; it is asked again when the time is over, or when something has changed. */
  isStanding(resource: string): boolean;
  find(resource: string): Refusal | undefined;
  note(asked: Pick<Wanted, "resource" | "api">, error: EarshotError): Refusal;
  forget(resource: string): void;
  /** Something was installed, upgraded or consented to: of these resources another answer may be had now. */
  reconsider(fits: (resource: string) => boolean): void;
  /** When the first of them is asked again, epoch ms; null: there is none. */
  readNextTime(): number | null;
}

/** Only a person can mend a refusal; after this we look whether somebody did. */
const STANDS_MS = 60 * 60_000;

export function createRefusals(now: () => number): Refusals {
  const refusals = new Map<string, { readonly refusal: Refusal; until: number }>();
  return {
    isStanding: (resource) => (refusals.get(resource)?.until ?? 0) > now(),
    find: (resource) => refusals.get(resource)?.refusal,
    note: (asked, error) => {
      const refusal = explainRefusal(error, asked);
      refusals.set(asked.resource, { refusal, until: now() + STANDS_MS });
      return refusal;
    },
    forget: (resource) => void refusals.delete(resource),
    reconsider: (fits) => {
      for (const [resource, entry] of refusals) if (fits(resource)) entry.until = 0;
    },
    readNextTime: () => {
      const times = [...refusals.values()].map(({ until }) => until);
      return times.length > 0 ? Math.min(...times) : null;
    },
  };
}
