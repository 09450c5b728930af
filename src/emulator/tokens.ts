/** Every token that the emulated identity services issue, claim by claim. */
import type { JWTPayload } from "jose";
import type { Edges } from "../edges.ts";
import type { SigningKeys } from "./signing-keys.ts";
import type { BotIdentity } from "./tenant-model.ts";

export const GRAPH_AUDIENCE = "https://graph.microsoft.com";
export const CONNECTOR_AUDIENCE = "https://api.botframework.com";
/** Source: https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication */
export const BOT_FRAMEWORK_ISSUER = "https://api.botframework.com";
/**
 * "Microsoft Graph Change Tracking", the publisher of notifications.
 * Source: https://learn.microsoft.com/graph/change-notifications-with-resource-data
 */
const NOTIFICATION_PUBLISHER = "0bf30f3b-4a52-48df-9a82-234910c4a086";

export type ValidationTokenForm = "v1" | "v2";

const LIFE_MS = 3_600_000;
/** As in the sample of the page above; longer than the 4 hours for which a batch is tried again. */
const VALIDATION_LIFETIME_S = 29_100;
/** One token serves everything that is sent within this time. */
const REUSE_MS = 5 * 60_000;

export interface Tokens {
  /** For `Authorization` at Graph or at the connector; v1 form, as both resources ask for. */
  issueAccessToken(audience: string, tenantId: string, roles: readonly string[]): Promise<string>;
  /** For `validationTokens` of a notification batch. */
  issueValidationToken(tenantId: string): Promise<string>;
  /** For `Authorization` of an activity that Teams sends to the bot. */
  issueActivityToken(serviceUrl: string): Promise<string>;
  /** What the two above sign, for whoever signs something else. */
  readonly describeValidation: (tenantId: string) => JWTPayload;
  readonly describeActivity: (serviceUrl: string) => JWTPayload;
  /** Form of the validation tokens. */
  readForm(): ValidationTokenForm;
  setForm(form: ValidationTokenForm): void;
  readonly lifetimeS: number;
}

export function createTokens(needs: {
  readonly edges: Pick<Edges, "now" | "randomUuid">;
  readonly entraKeys: SigningKeys;
  readonly botFrameworkKeys: SigningKeys;
  readonly bot: BotIdentity;
  readonly validationTokenForm: ValidationTokenForm;
  /** How long an access token lives. Default: an hour. */
  readonly accessLifeMs?: number;
}): Tokens {
  const { edges, entraKeys, botFrameworkKeys, bot, accessLifeMs = LIFE_MS } = needs;
  let form = needs.validationTokenForm;
  const lifetimeS = Math.floor(accessLifeMs / 1_000);

  const reusable = new Map<string, { token: Promise<string>; madeAtMs: number }>();

  function readTimes(lifeS = LIFE_MS / 1_000): { iat: number; nbf: number; exp: number } {
    const nowS = Math.floor(edges.now() / 1000);
    return { iat: nowS, nbf: nowS, exp: nowS + lifeS };
  }

  function reuse(name: string, issue: () => Promise<string>): Promise<string> {
    const found = reusable.get(name);
    const age = found ? Math.abs(edges.now() - found.madeAtMs) : Infinity;
    if (found && age < REUSE_MS) return found.token;
    const made = { token: issue(), madeAtMs: edges.now() };
    reusable.set(name, made);
    return made.token;
  }

  function describeValidation(tenantId: string): JWTPayload {
    return {
      ...{ aud: bot.id, tid: tenantId, ...readTimes(VALIDATION_LIFETIME_S), uti: edges.randomUuid() },
      ...(form === "v1"
        ? { iss: formatV1Issuer(tenantId), appid: NOTIFICATION_PUBLISHER, appidacr: "2", ver: "1.0" }
        : { iss: formatV2Issuer(tenantId), azp: NOTIFICATION_PUBLISHER, azpacr: "2", ver: "2.0" }),
    };
  }

  function describeActivity(serviceUrl: string): JWTPayload {
    return { serviceurl: serviceUrl, aud: bot.id, iss: BOT_FRAMEWORK_ISSUER, ...readTimes() };
  }

  return {
    lifetimeS,
    issueAccessToken: (audience, tenantId, roles) =>
      entraKeys.sign({
        ...{ aud: audience, iss: formatV1Issuer(tenantId), ...readTimes(lifetimeS) },
        ...{ appid: bot.id, appidacr: "1", idtyp: "app", tid: tenantId, ver: "1.0" },
        ...{ uti: edges.randomUuid(), ...(roles.length > 0 ? { roles: [...roles] } : {}) },
      }),
    issueValidationToken: (tenantId) =>
      reuse(`validation ${form} ${entraKeys.keyId} ${tenantId}`, () =>
        entraKeys.sign(describeValidation(tenantId)),
      ),
    issueActivityToken: (serviceUrl) =>
      reuse(`activity ${botFrameworkKeys.keyId} ${serviceUrl}`, () =>
        botFrameworkKeys.sign(describeActivity(serviceUrl)),
      ),
    ...{ describeValidation, describeActivity },
    readForm: () => form,
    setForm: (next) => void (form = next),
  };
}

export function formatV1Issuer(tenantId: string): string {
  return `https://sts.windows.net/${tenantId}/`;
}

export function formatV2Issuer(tenantId: string): string {
  return `https://login.microsoftonline.com/${tenantId}/v2.0`;
}
