import { createHash } from "node:crypto";
import type { Edges } from "../edges.ts";

/**
 * The secret of the bot's app. From a seed always the same, so that a bot's settings outlive the tenant: it opens
 * nothing but what is made up.
 */
export function createClientSecret(edges: Pick<Edges, "randomBytes">, seed: number | null): string {
  if (seed === null) return edges.randomBytes(24).toString("base64url");
  return createHash("sha256")
    .update(`emulated secret ${seed}`)
    .digest()
    .subarray(0, 24)
    .toString("base64url");
}
