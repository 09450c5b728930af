/** Tokens that the identity services would not issue, and those that they would. */
import { generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { SignJWT, UnsecuredJWT, type JWTPayload } from "jose";
import type { SigningKeys } from "./signing-keys.ts";

export interface TokenForge {
  /** What the service would sign now. */
  readonly claims: JWTPayload;
  /** The same for another tenant, or for another service URL. */
  readonly claimsOf: (whose: string) => JWTPayload;
  /** Times of a token that ended yesterday. */
  readonly past: JWTPayload;
  /** As the service itself. */
  readonly sign: (claims: JWTPayload) => Promise<string>;
  /** With a key that nobody published. */
  readonly signAsStranger: (claims: JWTPayload) => Promise<string>;
  /** With the same, under the id of the key that is published. */
  readonly signWithBorrowedId: (claims: JWTPayload) => Promise<string>;
  /** Algorithm `none`. */
  readonly leaveUnsigned: (claims: JWTPayload) => string;
}

/** Somebody with an RSA key of his own that no service and no subscriber knows. */
export interface Stranger {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export async function createStranger(): Promise<Stranger> {
  return promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
}

const DAY_S = 24 * 60 * 60;

export function createTokenForge(needs: {
  readonly stranger: Stranger;
  readonly keys: Pick<SigningKeys, "sign" | "keyId">;
  readonly whose: string;
  readonly describe: (whose: string) => JWTPayload;
}): TokenForge {
  const { stranger, keys, whose, describe } = needs;
  const claims = describe(whose);
  const signWithOwnKey = (payload: JWTPayload, kid: string): Promise<string> =>
    new SignJWT(payload).setProtectedHeader({ typ: "JWT", alg: "RS256", kid }).sign(stranger.privateKey);
  const earlier = (atS = 0) => atS - 2 * DAY_S;
  return {
    claims,
    claimsOf: describe,
    past: { iat: earlier(claims.iat), nbf: earlier(claims.nbf), exp: earlier(claims.exp) },
    sign: keys.sign,
    signAsStranger: (payload) => signWithOwnKey(payload, "a-key-that-nobody-published"),
    signWithBorrowedId: (payload) => signWithOwnKey(payload, keys.keyId),
    leaveUnsigned: (payload) => new UnsecuredJWT(payload).encode(),
  };
}
