import { decodeProtectedHeader, jwtVerify } from "jose";
import type { Cloud } from "../cloud.ts";
import { isLoopback } from "../loopback.ts";
import type { SigningKeys } from "./signing-keys.ts";
import { readTokenRefusal, type TokenRefusal } from "./token-refusal.ts";

const CLOCK_TOLERANCE_S = 300;

/**
 * Checks what Bot Framework sends before botbuilder sees it: signature, issuer, audience, time, the key's endorsement
 * for Teams, and that the token was made for the activity's serviceUrl, on a host we know.
 * Answers null where all is well, else the reason. Throws `signing-keys-unavailable`.
 * Source: https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication#connector-to-bot
 */
export function createActivityTokenVerifier(needs: {
  cloud: Cloud;
  botId: string;
  serviceHosts: readonly string[];
  keys: SigningKeys;
  now: () => number;
}): (authorization: string | undefined, activity: ActivityEnvelope) => Promise<TokenRefusal | null> {
  return async (authorization, activity) => {
    const token = /^Bearer ([\w.~+/=-]+)$/i.exec(authorization ?? "")?.[1];
    if (token === undefined) return "token-missing";
    try {
      const { payload } = await jwtVerify(token, needs.keys.getKey, {
        algorithms: ["RS256"],
        issuer: needs.cloud.botFramework,
        audience: needs.botId,
        requiredClaims: ["exp"],
        clockTolerance: CLOCK_TOLERANCE_S,
        currentDate: new Date(needs.now()),
      });
      const keyId = decodeProtectedHeader(token).kid ?? "";
      const endorsements = needs.keys.findPublished(keyId)?.endorsements;
      if (activity.channelId !== "msteams") return "token-endorsement";
      if (!Array.isArray(endorsements) || !endorsements.includes("msteams")) return "token-endorsement";
      const isOurs = typeof payload.serviceurl === "string" && payload.serviceurl === activity.serviceUrl;
      return isOurs && isKnownHost(activity.serviceUrl, needs.serviceHosts) ? null : "token-service-url";
    } catch (error) {
      return readTokenRefusal(error);
    }
  };
}

export interface ActivityEnvelope {
  readonly serviceUrl: string;
  readonly channelId: string;
}

/** Our token will be sent there: in the clear on loopback alone. */
function isKnownHost(serviceUrl: string, hosts: readonly string[]): boolean {
  if (!URL.canParse(serviceUrl)) return false;
  const { protocol, hostname } = new URL(serviceUrl);
  return (
    (protocol === "https:" || (protocol === "http:" && isLoopback(hostname))) && hosts.includes(hostname)
  );
}
