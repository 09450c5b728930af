import { createHash, timingSafeEqual } from "node:crypto";

/** What is kept of a clientState: Graph gives it back with each notification, so the state itself need not lie here. */
export function digestClientState(clientState: string): string {
  return createHash("sha256").update(clientState).digest("base64");
}

/** In constant time, whatever the lengths. */
export function matchesClientState(clientState: string, digest: string): boolean {
  return timingSafeEqual(Buffer.from(digestClientState(clientState)), Buffer.from(digest));
}
