/** botbuilder's adapter on our settings: our tokens out, the cloud's metadata in. */
import { CloudAdapter, ConfigurationBotFrameworkAuthentication } from "botbuilder";
import {
  AuthenticationConstants,
  ClaimsIdentity,
  ServiceClientCredentialsFactory,
  type AuthenticateRequestResult,
} from "botframework-connector";
import type { ServiceClientCredentials } from "botframework-connector/lib/auth/serviceClientCredentialsFactory.js";
import type { Config } from "../config.ts";
import { EarshotError } from "../errors.ts";
import type { AppTokens } from "../identity/app-tokens.ts";

/**
 * For activities whose token was checked already: it takes whatever it is given. Where one parameter is given,
 * botbuilder uses none of its defaults; those that only its own check reads are left out.
 */
export function createBotAdapter({ config, tokens }: { config: Config; tokens: AppTokens }): CloudAdapter {
  const { bot, cloud, endpoints } = config;
  const authentication = new CheckedBefore(
    { botId: bot.id, audience: cloud.botFramework },
    {
      ToChannelFromBotLoginUrl: `${cloud.login}/${bot.tenantId ?? "botframework.com"}`,
      ToChannelFromBotOAuthScope: cloud.botFramework,
      OAuthUrl: endpoints.botLogin,
      ValidateAuthority: "true",
    },
    new ConnectorCredentialsFactory(bot.id, tokens),
  );
  const adapter = new CloudAdapter(authentication);
  // botbuilder's own handler answers in the conversation and prints the stack; ours is the caller's.
  adapter.onTurnError = async (_context, error) => {
    throw error;
  };
  return adapter;
}

/**
 * botbuilder's own check would read the signing keys by itself, and for an hour not again: after a rotation it would
 * refuse all that is signed with a new one.
 */
class CheckedBefore extends ConfigurationBotFrameworkAuthentication {
  readonly #identity: { readonly botId: string; readonly audience: string };

  constructor(
    identity: { readonly botId: string; readonly audience: string },
    ...given: ConstructorParameters<typeof ConfigurationBotFrameworkAuthentication>
  ) {
    super(...given);
    this.#identity = identity;
  }

  override async authenticateRequest(): Promise<AuthenticateRequestResult> {
    const { botId, audience } = this.#identity;
    const claimsIdentity = new ClaimsIdentity(
      [{ type: AuthenticationConstants.AudienceClaim, value: botId }],
      true,
    );
    const connectorFactory = this.createConnectorFactory(claimsIdentity);
    return { audience, claimsIdentity, connectorFactory };
  }
}

/** botbuilder asks for a class. Its own factories cannot use another login host, and bring a second MSAL. */
class ConnectorCredentialsFactory extends ServiceClientCredentialsFactory {
  readonly #botId: string;
  readonly #tokens: AppTokens;

  constructor(botId: string, tokens: AppTokens) {
    super();
    this.#botId = botId;
    this.#tokens = tokens;
  }

  override async isValidAppId(appId: string): Promise<boolean> {
    return appId === this.#botId;
  }

  override async isAuthenticationDisabled(): Promise<boolean> {
    return false;
  }

  override async createCredentials(appId: string): Promise<ServiceClientCredentials> {
    if (appId !== this.#botId)
      throw new EarshotError("token-refused", "credentials were asked for another app");
    const tokens = this.#tokens;
    return {
      signRequest: async (request) => {
        const { value } = await tokens.readConnectorToken();
        request.headers.set("authorization", `Bearer ${value}`);
        return request;
      },
    };
  }
}
