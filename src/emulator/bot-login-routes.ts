/**
 * Bot Framework's login: where a bot finds the keys of those who may call it.
 * Source: https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
 */
import type { ApiRoutes } from "./api-route.ts";
import type { SigningKeys } from "./signing-keys.ts";
import { BOT_FRAMEWORK_ISSUER } from "./tokens.ts";

export function createBotLoginRoutes(readUrl: () => string, keys: SigningKeys): ApiRoutes {
  return {
    area: "bot-login",
    handlers: {
      "GET /v1/.well-known/openidconfiguration": () => ({
        status: 200,
        json: {
          issuer: BOT_FRAMEWORK_ISSUER,
          authorization_endpoint: "https://invalid.botframework.com",
          jwks_uri: `${readUrl()}/v1/.well-known/keys`,
          id_token_signing_alg_values_supported: ["RS256"],
          token_endpoint_auth_methods_supported: ["private_key_jwt"],
        },
      }),
      "GET /v1/.well-known/keys": () => ({ status: 200, json: keys.keySet }),
    },
  };
}
