/** An RSA key of an identity service: signs its tokens and publishes the public half. */
import { generateKeyPair } from "node:crypto";
import { promisify } from "node:util";
import { exportJWK, jwtVerify, SignJWT, type JWTPayload, type JWK } from "jose";
import type { Edges } from "../edges.ts";

export interface SigningKeys {
  /** The public key set as the service publishes it. */
  readonly keySet: { readonly keys: readonly JWK[] };
  /** RS256 over the claims as they are: times must be in them, in seconds. */
  sign(claims: JWTPayload): Promise<string>;
  /** The claims, where signature, times and audience hold; null otherwise. */
  verify(token: string, audience: string): Promise<JWTPayload | null>;
}

const SKEW_S = 300;

/** `extra` is added to the published key: Bot Framework's keys carry `endorsements`. */
export async function createSigningKeys(
  edges: Pick<Edges, "now" | "randomBytes">,
  extra: Record<string, unknown> = {},
): Promise<SigningKeys> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
  const kid = edges.randomBytes(20).toString("base64url");
  const jwk: JWK = { ...(await exportJWK(publicKey)), use: "sig", kid, x5t: kid, ...extra };
  return {
    keySet: { keys: [jwk] },
    sign: (claims) =>
      new SignJWT(claims).setProtectedHeader({ typ: "JWT", alg: "RS256", kid, x5t: kid }).sign(privateKey),
    async verify(token, audience) {
      try {
        const { payload } = await jwtVerify(token, publicKey, {
          ...{ audience, algorithms: ["RS256"], clockTolerance: SKEW_S, requiredClaims: ["exp"] },
          currentDate: new Date(edges.now()),
        });
        return payload;
      } catch {
        return null;
      }
    },
  };
}
