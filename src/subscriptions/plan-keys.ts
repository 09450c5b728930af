/** Which certificate is to be made, and which are needed no more. Pure. */
import { compareAge, type Certificate } from "../decryptor/certificate.ts";

export interface KeyState {
  readonly certificates: readonly Pick<Certificate, "id" | "notBefore" | "notAfter">[];
  /** Certificates that a subscription is sealed to, and goes on being. */
  readonly liveIds: ReadonlySet<string>;
  /** Certificates that stored content is sealed to. */
  readonly neededIds: ReadonlySet<string>;
  readonly now: number;
  /** A certificate is current for so long; 0: until it is about to end. */
  readonly rotationMs: number;
}

export interface KeyPlan {
  readonly make: "none-there" | "rotation-due" | "ends-soon" | null;
  readonly retire: readonly string[];
}

const HOUR_MS = 60 * 60_000;
/** Nobody is known to refuse a certificate that has ended; nobody has promised not to. */
export const ENDS_SOON_MS = 30 * 24 * HOUR_MS;
/**
 * From when another is current: a subscription that is not renewed lives for three days at most, and what it told last
 * is delivered again for four hours.
 * Source: https://learn.microsoft.com/graph/change-notifications-delivery-webhooks
 */
export const OVERLAP_MS = (3 * 24 + 4) * HOUR_MS;

/** An old one that is needed stays, ended or not: its key opens what is sealed to it. */
export function planKeys(state: KeyState): KeyPlan {
  const { liveIds, neededIds, now } = state;
  const [current, ...old] = state.certificates.toSorted(compareAge);
  const retire = old.filter(({ id }, index) => {
    // It ceased to be current when the next newer one was made.
    const successor = index === 0 ? current : old[index - 1];
    const isOver = now - (successor?.notBefore ?? now) >= OVERLAP_MS;
    return isOver && !liveIds.has(id) && !neededIds.has(id);
  });
  return { make: planMake(current, state), retire: retire.map(({ id }) => id) };
}

function planMake(
  current: KeyState["certificates"][number] | undefined,
  { now, rotationMs }: KeyState,
): KeyPlan["make"] {
  if (!current) return "none-there";
  if (current.notAfter - now <= ENDS_SOON_MS) return "ends-soon";
  if (rotationMs > 0 && now - current.notBefore >= rotationMs) return "rotation-due";
  return null;
}
