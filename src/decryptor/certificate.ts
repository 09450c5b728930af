import type { KeyObject } from "node:crypto";

/** What a sender seals to. Nothing of it is secret: the private key stays in the ring. */
export interface Certificate {
  /** At most 128 characters; comes back on every notification. */
  readonly id: string;
  readonly bits: number;
  /** Base64 of the DER, as Graph wants it. */
  readonly derBase64: string;
  readonly publicKey: KeyObject;
  /** Epoch ms in whole seconds, a minute before it was made. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** The newest made comes first, however long it lasts: what was made last is what somebody wanted last. */
export function compareAge(
  a: Pick<Certificate, "id" | "notBefore">,
  b: Pick<Certificate, "id" | "notBefore">,
): number {
  if (a.notBefore !== b.notBefore) return b.notBefore - a.notBefore;
  return a.id === b.id ? 0 : a.id > b.id ? -1 : 1;
}
