import { compareAge, type Certificate } from "../decryptor/certificate.ts";
import type { NeededCertificate } from "../storage/storage.ts";
import type { SubscriptionRecord } from "../storage/subscription-record.ts";
import { needsKey } from "../subscriptions/keep-keys.ts";
import { ENDS_SOON_MS } from "../subscriptions/plan-keys.ts";

/** The certificates, and what is sealed to each; `--json` prints exactly this. Instants are ISO 8601 in UTC. */
export interface KeysReport {
  readonly readAt: string;
  /** Every key that is needed is there and can be read, and the current certificate does not end soon. */
  readonly isWell: boolean;
  /** The newest first, after those that need a look. */
  readonly keys: readonly KeyRow[];
}

export interface KeyRow {
  readonly id: string;
  /**
   * `current`: for new subscriptions; `ends-soon`: the same, within 30 days; `kept`: an old one; `missing`: needed, and
   * not in the folder; `unreadable`: in the folder, and no good.
   */
  readonly state: "current" | "ends-soon" | "kept" | "missing" | "unreadable";
  /** Null, as are the instants, where the certificate cannot be read. */
  readonly bits: number | null;
  readonly madeAt: string | null;
  readonly endsAt: string | null;
  /** Subscriptions that are sealed to it. */
  readonly subscriptions: number;
  /** Messages that wait, are in hand or were set aside, sealed to it. */
  readonly messages: number;
  /** Why it is unreadable; null: it is not. */
  readonly fault: string | null;
}

export interface KeysFound {
  readonly certificates: readonly Pick<Certificate, "id" | "bits" | "notBefore" | "notAfter">[];
  readonly unreadable: readonly { readonly id: string; readonly reason: string }[];
  readonly subscriptions: readonly SubscriptionRecord[];
  readonly needed: readonly NeededCertificate[];
  readonly now: number;
}

/** Pure. */
export function describeKeys(found: KeysFound): KeysReport {
  const { now } = found;
  const live = found.subscriptions.filter((record) => needsKey(record, now));
  const count = (id: string) => ({
    subscriptions: live.filter(({ certificateId }) => certificateId === id).length,
    messages: found.needed.find(({ certificateId }) => certificateId === id)?.notifications ?? 0,
  });
  const [current] = found.certificates.toSorted(compareAge);
  const readable = found.certificates.toSorted(compareAge).map((certificate): KeyRow => {
    const { id, bits, notBefore, notAfter } = certificate;
    const endsSoon = notAfter - now <= ENDS_SOON_MS;
    const state = certificate !== current ? "kept" : endsSoon ? "ends-soon" : "current";
    const [madeAt, endsAt] = [formatInstant(notBefore), formatInstant(notAfter)];
    return { id, state, bits, madeAt, endsAt, ...count(id), fault: null };
  });
  const unreadable = found.unreadable.map(({ id, reason }): KeyRow => {
    return { id, state: "unreadable", ...UNKNOWN, ...count(id), fault: reason };
  });
  const present = new Set([...readable, ...unreadable].map(({ id }) => id));
  const asked = [...live, ...found.needed].map(({ certificateId }) => certificateId);
  const missing = [...new Set(asked)]
    .filter((id) => !present.has(id))
    .toSorted()
    .map((id): KeyRow => ({ id, state: "missing", ...UNKNOWN, ...count(id), fault: null }));
  return {
    readAt: formatInstant(now),
    isWell:
      current !== undefined && missing.length + unreadable.length === 0 && readable[0]?.state === "current",
    keys: [...missing, ...unreadable, ...readable],
  };
}

const UNKNOWN = { bits: null, madeAt: null, endsAt: null };

/** `2026-11-23T10:40:00Z` */
export function formatInstant(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
}
