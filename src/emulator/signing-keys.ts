/** The RSA keys of an identity service: the newest signs its tokens, all that are published are believed. */
import { generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { decodeProtectedHeader, exportJWK, jwtVerify, SignJWT, type JWTPayload, type JWK } from "jose";
import type { Edges } from "../edges.ts";

export interface SigningKeys {
  /** The public key set as the service publishes it now. */
  readonly keySet: { readonly keys: readonly JWK[] };
  /** Of the key that signs. */
  readonly keyId: string;
  /** RS256 over the claims as they are: times must be in them, in seconds. */
  sign(claims: JWTPayload): Promise<string>;
  /** The claims, where signature, times and audience hold; null otherwise. */
  verify(token: string, audience: string): Promise<JWTPayload | null>;
  /** A new key signs from now on; `drop`: the old ones are withdrawn, and what they signed is believed no more. */
  rotate(drop: boolean): Promise<void>;
  /** Every token up to now is refused by `verify`, as if its time were over. */
  expireIssued(): void;
}

interface SigningKey {
  readonly jwk: JWK;
  readonly id: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const SKEW_S = 300;

/** `extra` is added to the published keys: Bot Framework's keys carry `endorsements`. */
export async function createSigningKeys(
  edges: Pick<Edges, "now" | "randomBytes">,
  extra: Record<string, unknown> = {},
): Promise<SigningKeys> {
  let newest = await createKey(edges, extra);
  let published: readonly SigningKey[] = [newest];
  const issued = new Set<string>();
  const expired = new Set<string>();

  return {
    get keySet() {
      return { keys: published.map(({ jwk }) => jwk) };
    },
    get keyId() {
      return newest.id;
    },
    sign(claims) {
      const { id, privateKey } = newest;
      if (typeof claims.uti === "string") issued.add(claims.uti);
      return new SignJWT(claims)
        .setProtectedHeader({ typ: "JWT", alg: "RS256", kid: id, x5t: id })
        .sign(privateKey);
    },
    async verify(token, audience) {
      try {
        const { kid } = decodeProtectedHeader(token);
        const key = published.find(({ id }) => id === kid);
        if (!key) return null;
        const { payload } = await jwtVerify(token, key.publicKey, {
          ...{ audience, algorithms: ["RS256"], clockTolerance: SKEW_S, requiredClaims: ["exp"] },
          currentDate: new Date(edges.now()),
        });
        return expired.has(String(payload.uti)) ? null : payload;
      } catch {
        return null;
      }
    },
    async rotate(drop) {
      newest = await createKey(edges, extra);
      published = drop ? [newest] : [...published, newest];
    },
    expireIssued() {
      for (const uti of issued) expired.add(uti);
      issued.clear();
    },
  };
}

async function createKey(
  edges: Pick<Edges, "randomBytes">,
  extra: Record<string, unknown>,
): Promise<SigningKey> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
  const id = edges.randomBytes(20).toString("base64url");
  const jwk: JWK = { ...(await exportJWK(publicKey)), use: "sig", kid: id, x5t: id, ...extra };
  return { jwk, id, publicKey, privateKey };
}
