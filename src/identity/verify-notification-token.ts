import { decodeJwt, jwtVerify } from "jose";
import type { Cloud } from "../cloud.ts";
import type { SigningKeys } from "./signing-keys.ts";
import { readTokenRefusal, type TokenRefusal } from "./token-refusal.ts";

/**
 * The app that Graph signs notifications as.
 * Source: https://learn.microsoft.com/graph/change-notifications-with-resource-data#validation-tokens-in-the-change-notification
 */
export const GRAPH_PUBLISHER_APP_ID = "0bf30f3b-4a52-48df-9a82-234910c4a086";

const CLOCK_TOLERANCE_S = 300;

export type NotificationTokenVerdict =
  | { readonly valid: true; readonly tenantId: string }
  | { readonly valid: false; readonly reason: TokenRefusal };

/**
 * A validation token must be signed by Entra, for our app, now, by the publisher app, and issued for the tenant it
 * names. Both forms are good: v1 (issuer sts.windows.net, claim `appid`) and v2 (claim `azp`).
 * Throws `signing-keys-unavailable`.
 */
export function createNotificationTokenVerifier(needs: {
  cloud: Cloud;
  botId: string;
  keys: SigningKeys;
  now: () => number;
}): (token: string) => Promise<NotificationTokenVerdict> {
  return async (token) => {
    try {
      const claimedTenant = String(decodeJwt(token).tid).toLowerCase();
      const { payload } = await jwtVerify(token, needs.keys.getKey, {
        algorithms: ["RS256"],
        audience: needs.botId,
        issuer: [
          `${needs.cloud.issuerV1}/${claimedTenant}/`,
          `${needs.cloud.issuerV2}/${claimedTenant}/v2.0`,
        ],
        requiredClaims: ["exp", "tid"],
        clockTolerance: CLOCK_TOLERANCE_S,
        currentDate: new Date(needs.now()),
      });
      const publisher = payload.iss?.endsWith("/v2.0") ? payload.azp : payload.appid;
      if (publisher !== GRAPH_PUBLISHER_APP_ID) return { valid: false, reason: "token-publisher" };
      return { valid: true, tenantId: claimedTenant };
    } catch (error) {
      return { valid: false, reason: readTokenRefusal(error) };
    }
  };
}
