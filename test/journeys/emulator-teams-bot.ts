/** A small bot on botbuilder's real CloudAdapter, living in the emulated tenant: what a foreign bot is. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  CloudAdapter,
  ConfigurationBotFrameworkAuthentication,
  type Activity,
  type ActivityHandler,
  type TurnContext,
} from "botbuilder";
import { ServiceClientCredentialsFactory } from "botframework-connector";
import type { ServiceClientCredentials } from "botframework-connector/lib/auth/serviceClientCredentialsFactory.js";
import type { EmulatedTenant } from "../../src/emulator/emulated-tenant.ts";
import { requestToken } from "./emulator-fake-bot.ts";

export interface TeamsBot {
  readonly url: string;
  /** What botbuilder read of each activity that it let in, newest last. */
  readonly heard: readonly Activity[];
  /** What was thrown in a turn. */
  readonly failures: readonly Error[];
  /** From now on it lives there; before, it answers nothing. */
  moveInto(tenant: EmulatedTenant): void;
  /** The first activity, past or future, that fits and was not taken before. */
  take(fits: (activity: Activity) => boolean): Promise<Activity>;
  /** Speaks of its own accord, where this activity was heard. */
  continue<T>(from: Activity, logic: (context: TurnContext) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** `handler` gets every turn; without one the bot only listens. */
export async function startTeamsBot(handler?: ActivityHandler): Promise<TeamsBot> {
  const heard: Activity[] = [];
  const failures: Error[] = [];
  const taken = new Set<Activity>();
  let waiting: (() => void)[] = [];
  let adapter: CloudAdapter | null = null;
  let botId = "";

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Record<string, unknown>;
    let status = 200;
    let content = "";
    await adapter?.process(
      { method: "POST", headers: request.headers, body },
      {
        socket: undefined,
        status: (code: number) => void (status = code),
        header: () => undefined,
        send: (sent: unknown) => void (content = typeof sent === "string" ? sent : JSON.stringify(sent)),
        end: () => undefined,
      },
      async (context) => {
        heard.push(context.activity);
        const wakened = waiting;
        waiting = [];
        for (const wake of wakened) wake();
        await handler?.run(context);
      },
    );
    response.writeHead(status, { "content-type": "application/json" });
    response.end(content);
  }

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    failures,
    moveInto(tenant) {
      botId = tenant.bot.id;
      adapter = createAdapter(tenant);
      adapter.onTurnError = async (_context, error) => void failures.push(error);
    },
    async take(fits) {
      for (;;) {
        const found = heard.find((one) => !taken.has(one) && fits(one));
        if (found) {
          taken.add(found);
          return found;
        }
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
    async continue(from, logic) {
      const { conversation, serviceUrl, recipient, channelId, id } = from;
      let result: { value: Awaited<ReturnType<typeof logic>> } | undefined;
      let failed: unknown;
      await adapter?.continueConversationAsync(
        botId,
        { conversation, serviceUrl, bot: recipient, channelId, ...(id ? { activityId: id } : {}) },
        async (context) => {
          context.activity.channelData = from.channelData as unknown;
          try {
            result = { value: await logic(context) };
          } catch (error) {
            failed = error;
          }
        },
      );
      if (!result) throw failed;
      return result.value;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Every parameter is given: where one is, botbuilder uses none of its defaults. */
function createAdapter(tenant: EmulatedTenant): CloudAdapter {
  const { url, bot } = tenant;
  return new CloudAdapter(
    new ConfigurationBotFrameworkAuthentication(
      {
        ToChannelFromBotLoginUrl: `https://login.microsoftonline.com/${bot.homeTenantId}`,
        ToChannelFromBotOAuthScope: "https://api.botframework.com",
        ToBotFromChannelTokenIssuer: "https://api.botframework.com",
        ToBotFromChannelOpenIdMetadataUrl: `${url}/v1/.well-known/openidconfiguration`,
        ToBotFromEmulatorOpenIdMetadataUrl: `${url}/common/v2.0/.well-known/openid-configuration`,
        OAuthUrl: url,
        ValidateAuthority: "true",
      },
      new TenantCredentials(tenant),
    ),
  );
}

/** botbuilder's own factories cannot use another login host. */
class TenantCredentials extends ServiceClientCredentialsFactory {
  readonly #tenant: EmulatedTenant;

  constructor(tenant: EmulatedTenant) {
    super();
    this.#tenant = tenant;
  }

  override async isValidAppId(appId: string): Promise<boolean> {
    return appId === this.#tenant.bot.id;
  }

  override async isAuthenticationDisabled(): Promise<boolean> {
    return false;
  }

  override async createCredentials(): Promise<ServiceClientCredentials> {
    const scope = "https://api.botframework.com/.default";
    const { json } = await requestToken(this.#tenant, this.#tenant.bot.homeTenantId, { scope });
    return {
      signRequest: async (request) => {
        request.headers.set("authorization", `Bearer ${String(json.access_token)}`);
        return request;
      },
    };
  }
}
