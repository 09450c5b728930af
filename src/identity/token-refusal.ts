import { errors } from "jose";
import { EarshotError } from "../errors.ts";

/** Why a token is not believed; counted, never told to the sender. */
export type TokenRefusal =
  | "token-missing"
  | "token-malformed"
  | "token-algorithm"
  | "token-key-unknown"
  | "token-signature"
  | "token-expired"
  | "token-audience"
  | "token-issuer"
  | "token-publisher"
  | "token-endorsement"
  | "token-service-url";

/** jose's failure as a reason. Throws on what says nothing about the token: keys that could not be read. */
export function readTokenRefusal(error: unknown): TokenRefusal {
  if (error instanceof EarshotError) throw error;
  if (error instanceof errors.JWTExpired) return "token-expired";
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === "aud") return "token-audience";
    if (error.claim === "iss") return "token-issuer";
    return error.claim === "nbf" || error.claim === "exp" || error.claim === "iat"
      ? "token-expired"
      : "token-malformed";
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return "token-signature";
  if (error instanceof errors.JOSEAlgNotAllowed) return "token-algorithm";
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) {
    return "token-key-unknown";
  }
  return "token-malformed";
}
