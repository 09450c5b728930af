/**
 * Tokens with which Earshot calls others. Two kinds: the connector's comes from the bot's home tenant and is good for
 * every customer's conversations; Graph's comes from the tenant whose messages are read.
 * Source: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
 */
import {
  AuthError,
  ConfidentialClientApplication,
  ManagedIdentityApplication,
  type AuthenticationResult,
} from "@azure/msal-node";
import type { Config } from "../config.ts";
import type { Edges } from "../edges.ts";
import { EarshotError } from "../errors.ts";
import { createMsalNetwork } from "./msal-network.ts";

export interface AppTokens {
  /** For the Bot Framework connector. Throws `token-refused` or `token-unavailable`. */
  readConnectorToken(): Promise<AppToken>;
  /**
   * For Graph, in the tenant named. `mostAgeMs`: one that was asked for no longer ago than this. Throws `token-refused`
   * or `token-unavailable`.
   */
  readGraphToken(tenantId: string, wish?: { readonly mostAgeMs?: number }): Promise<AppToken>;
  /** Something may have been consented to: who wants a young token for Graph is given a new one next. */
  forgetGraphToken(tenantId: string): void;
  /**
   * Whoever it was meant for answered 401, before its time was over. The next one is new; of a token that is new, or is
   * given no more, this says nothing that a newer one would mend.
   */
  rejectToken(value: string): void;
}

export interface AppToken {
  readonly value: string;
  readonly expiresAt: number;
}

/** A token that is younger than this is not refused for its age. */
const NEW_MS = 5_000;
/** Where tokens of a multi-tenant bot's connector come from. */
const BOT_FRAMEWORK_TENANT = "botframework.com";

export function createAppTokens({ config, edges }: { config: Config; edges: Edges }): AppTokens {
  const { bot, cloud } = config;
  const network = createMsalNetwork({
    edges,
    officialLogin: cloud.login,
    loginEndpoint: config.endpoints.login,
  });
  const connectorTenant = bot.type === "MultiTenant" ? BOT_FRAMEWORK_TENANT : (bot.tenantId ?? "");

  const applications = new Map<string, ConfidentialClientApplication>();
  const readApplication = (tenantId: string) => {
    let application = applications.get(tenantId);
    if (!application) {
      application = new ConfidentialClientApplication({
        auth: {
          clientId: bot.id,
          clientSecret: bot.password?.reveal() ?? "",
          authority: `${cloud.login}/${tenantId}`,
          knownAuthorities: [new URL(cloud.login).host],
        },
        system: { networkClient: network },
      });
      applications.set(tenantId, application);
    }
    return application;
  };

  const managedIdentity =
    bot.type === "UserAssignedMSI"
      ? new ManagedIdentityApplication({
          managedIdentityIdParams: { userAssignedClientId: bot.id },
          system: { networkClient: network },
        })
      : null;

  /** When the token that is kept was asked for, by tenant and audience. */
  const askedAt = new Map<string, number>();
  /** What was given last, by the same. */
  const given = new Map<string, string>();
  /** Of these the one that is kept is good for nothing. */
  const rejected = new Set<string>();
  /** Many want a fresh one at once: one asks. */
  const asking = new Map<string, Promise<AppToken>>();

  const read = (tenantId: string, audience: string, mostAgeMs = Infinity): Promise<AppToken> => {
    const name = `${tenantId} ${audience}`;
    const isFresh = edges.now() - (askedAt.get(name) ?? -Infinity) <= mostAgeMs;
    const isRejected = rejected.has(name);
    if (!isRejected && (isFresh || mostAgeMs === Infinity)) return acquire(tenantId, audience, false);
    const running = asking.get(name) ?? acquire(tenantId, audience, true).finally(() => asking.delete(name));
    asking.set(name, running);
    return running;
  };

  const acquire = async (tenantId: string, audience: string, isNew: boolean): Promise<AppToken> => {
    try {
      if (managedIdentity) {
        if (tenantId !== bot.tenantId) {
          throw new EarshotError(
            "token-refused",
            `a managed identity has no token for another tenant (${tenantId}); use BOT_TYPE SingleTenant with a secret for bots installed outside their home`,
          );
        }
        return note(
          await managedIdentity.acquireToken({ resource: audience, forceRefresh: isNew }),
          tenantId,
          audience,
        );
      }
      return note(
        await readApplication(tenantId).acquireTokenByClientCredential({
          scopes: [`${audience}/.default`],
          skipCache: isNew,
        }),
        tenantId,
        audience,
      );
    } catch (error) {
      throw explainFailure(error, tenantId, audience);
    }
  };

  const note = (result: AuthenticationResult | null, tenantId: string, audience: string): AppToken => {
    const name = `${tenantId} ${audience}`;
    const token = readResult(result, audience);
    if (!result?.fromCache) {
      askedAt.set(name, edges.now());
      rejected.delete(name);
    }
    given.set(name, token.value);
    return token;
  };

  return {
    readConnectorToken: () => read(connectorTenant, cloud.botFramework),
    readGraphToken: (tenantId, { mostAgeMs } = {}) => read(tenantId, cloud.graph, mostAgeMs),
    forgetGraphToken: (tenantId) => void askedAt.delete(`${tenantId} ${cloud.graph}`),
    rejectToken: (value) => {
      for (const [name, last] of given) {
        const isNew = edges.now() - (askedAt.get(name) ?? -Infinity) < NEW_MS;
        if (last === value && !isNew) rejected.add(name);
      }
    },
  };
}

function readResult(result: AuthenticationResult | null, audience: string): AppToken {
  if (!result?.accessToken)
    throw new EarshotError("token-unavailable", `Entra gave no token for ${audience}`);
  return { value: result.accessToken, expiresAt: result.expiresOn?.getTime() ?? 0 };
}

/** Entra's own words of refusal (AADSTS…) name ids and times, never the secret. */
function explainFailure(error: unknown, tenantId: string, audience: string): EarshotError {
  if (error instanceof EarshotError) return error;
  const tried = `a token for ${audience} in tenant ${tenantId}`;
  if (
    error instanceof AuthError &&
    /AADSTS|invalid_client|unauthorized_client|invalid_request/.test(error.message)
  ) {
    const [reason] = error.message.split(/\r?\n| Trace ID/);
    return new EarshotError("token-refused", `Entra refused ${tried}: ${reason}`, { cause: error });
  }
  return new EarshotError("token-unavailable", `Entra could not be asked for ${tried}`, { cause: error });
}
