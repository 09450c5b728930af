/**
 * Somebody else's bot: a program that knows of Earshot nothing, and of its tenant what stands in its environment.
 * botbuilder, MSAL and Microsoft's Graph client as their documentation has them. Where it is installed it subscribes to
 * the channel Outages, and says again what it hears there.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { ConfidentialClientApplication } from "@azure/msal-node";
import { Client, PageIterator } from "@microsoft/microsoft-graph-client";
import {
  CloudAdapter,
  ConfigurationBotFrameworkAuthentication,
  TeamsActivityHandler,
  TurnContext,
  type ConversationReference,
} from "botbuilder";
import { MsalServiceClientCredentialsFactory } from "botframework-connector";
import { unseal } from "../parts/emulator-unseal.ts";
import { createCertificate } from "./emulator-certificate.ts";

const { BOT_ID = "", BOT_PASSWORD = "", BOT_TENANT_ID = "", BOT_ENDPOINT = "" } = process.env;
const { LOGIN_ENDPOINT = "", GRAPH_ENDPOINT = "" } = process.env;
const CLIENT_STATE = "a secret of the foreign bot";

interface Item {
  readonly clientState: string;
  readonly encryptedContent: Parameters<typeof unseal>[0];
}
interface HeardMessage {
  readonly id: string;
  readonly replyToId: string | null;
  readonly from: { readonly user: object | null };
  readonly body: { readonly content: string };
  readonly channelIdentity: { readonly channelId: string };
}

const createMsal = (tenantId: string) =>
  new ConfidentialClientApplication({
    auth: {
      ...{ clientId: BOT_ID, clientSecret: BOT_PASSWORD, authority: `${LOGIN_ENDPOINT}/${tenantId}` },
      knownAuthorities: [new URL(LOGIN_ENDPOINT).host],
    },
  });

const createGraph = (tenantId: string) => {
  const msal = createMsal(tenantId);
  const scopes = ["https://graph.microsoft.com/.default"];
  return Client.initWithMiddleware({
    ...{ baseUrl: GRAPH_ENDPOINT, customHosts: new Set([new URL(GRAPH_ENDPOINT).hostname]) },
    authProvider: {
      getAccessToken: async () => (await msal.acquireTokenByClientCredential({ scopes }))?.accessToken ?? "",
    },
  });
};

const certificate = await createCertificate();
/** Where it is installed: the way to speak there. */
let home: Partial<ConversationReference> | null = null;

const adapter = new CloudAdapter(
  new ConfigurationBotFrameworkAuthentication(
    process.env,
    // botbuilder has an MSAL of its own, older than ours.
    new MsalServiceClientCredentialsFactory(BOT_ID, createMsal(BOT_TENANT_ID) as never),
  ),
);
adapter.onTurnError = async (_context, error) => complain(error);

class Listener extends TeamsActivityHandler {
  constructor() {
    super();
    this.onInstallationUpdateAdd(async (context, next) => {
      home = TurnContext.getConversationReference(context.activity);
      const { team, tenant } = context.activity.channelData as {
        team?: { aadGroupId?: string };
        tenant: { id: string };
      };
      if (team?.aadGroupId !== undefined) await subscribe(tenant.id, team.aadGroupId);
      await next();
    });
    this.onMessage(async (context, next) => {
      const { text: typed } = context.activity;
      const text = TurnContext.removeRecipientMention(context.activity) ?? "";
      if (text !== typed) {
        await context.sendActivity(`You told me: ${text.trim()}`);
        print("answered");
      }
      await next();
    });
  }
}
const listener = new Listener();

async function subscribe(tenantId: string, teamId: string): Promise<void> {
  const graph = createGraph(tenantId);
  const channels: { id: string; displayName: string }[] = [];
  const page = (await graph.api(`/teams/${teamId}/channels`).get()) as ConstructorParameters<
    typeof PageIterator
  >[1];
  await new PageIterator(graph, page, (channel: (typeof channels)[number]) => {
    channels.push(channel);
    return true;
  }).iterate();
  const outages = channels.find(({ displayName }) => displayName === "Outages");
  const made = (await graph.api("/subscriptions").post({
    ...{ changeType: "created", resource: `/teams/${teamId}/channels/${outages?.id}/messages` },
    ...{ notificationUrl: `${BOT_ENDPOINT}/hooks/graph`, clientState: CLIENT_STATE },
    expirationDateTime: new Date(Date.now() + 50 * 60_000).toISOString(),
    ...{
      includeResourceData: true,
      encryptionCertificate: certificate.base64,
      encryptionCertificateId: "own",
    },
  })) as { id: string };
  print(`subscribed ${made.id}`);
}

async function hear(item: Item): Promise<void> {
  if (item.clientState !== CLIENT_STATE) throw new Error("a forged notification");
  const message = unseal(item.encryptedContent, certificate.privateKey) as HeardMessage;
  if (message.from.user === null || home === null) return;
  const { channelId } = message.channelIdentity;
  const id = `${channelId};messageid=${message.replyToId ?? message.id}`;
  const thread = { ...home, conversation: { ...home.conversation!, id } };
  await adapter.continueConversationAsync(BOT_ID, thread, async (context) => {
    await context.sendActivity(`I heard: ${message.body.content}`);
  });
  print("heard");
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? "/", BOT_ENDPOINT);
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const token = searchParams.get("validationToken");
  if (token !== null) {
    response.writeHead(200, { "content-type": "text/plain" }).end(token);
    return;
  }
  const body = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Record<string, unknown>;
  if (pathname === "/hooks/graph") {
    response.writeHead(202).end();
    for (const item of body.value as Item[]) await hear(item);
    return;
  }
  let status = 200;
  const shim = {
    ...{ socket: undefined, header: () => undefined, send: () => undefined, end: () => undefined },
    status: (code: number) => void (status = code),
  };
  await adapter.process({ method: "POST", headers: request.headers, body }, shim, (context) =>
    listener.run(context),
  );
  response.writeHead(status).end();
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function complain(error: unknown): void {
  print(`fault: ${error instanceof Error ? error.stack : String(error)}`);
}

createServer((request, response) => void answer(request, response).catch(complain)).listen(
  Number(new URL(BOT_ENDPOINT).port),
  "127.0.0.1",
  () => print("ready"),
);
