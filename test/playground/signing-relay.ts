/**
 * Stands between the playground and the bot, both ways. The playground sends no token (or that of an Entra app, from
 * Microsoft's own login, which no setting moves), and neither is what Bot Framework sends; so each activity is given a
 * token here as Bot Framework makes one. What the bot asks of the connector passes as it is, and is noted.
 */
import { generateKeyPairSync } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { SignJWT } from "jose";

export type RelayedActivity = Readonly<Record<string, unknown>> & {
  readonly type?: string;
  readonly text?: string;
  readonly serviceUrl?: string;
};

export interface RelayedCall {
  readonly to: "bot" | "connector";
  readonly method: string;
  readonly path: string;
  /** Whether it came with a token. */
  readonly isSigned: boolean;
  /** What it carried; empty where that was nothing. */
  readonly activity: RelayedActivity;
  /** What was answered; null while that is awaited. */
  status: number | null;
}

export interface SigningRelay {
  /** Metadata and keys (`BOT_LOGIN_ENDPOINT`), `/api/messages` and `/_connector`. */
  readonly url: string;
  /** In the order of coming, live. */
  readonly calls: readonly RelayedCall[];
  /** While true the connector answers 429 and hears nothing. */
  isConnectorBusy: boolean;
  /** While true activities go on as they came. */
  isPassingThrough: boolean;
  close(): Promise<void>;
}

const ISSUER = "https://api.botframework.com";
const KEY_ID = "relay";
const CONNECTOR = "/_connector/";
/** Of the two connections, or of one hop: not for the next. */
const HOP = ["connection", "content-length", "host", "keep-alive", "transfer-encoding"];

/** Throws nothing: what cannot be reached answers 502. */
export async function startSigningRelay(needs: {
  readonly botId: string;
  readonly botUrl: string;
  readonly playgroundUrl: string;
}): Promise<SigningRelay> {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const keys = [
    { ...publicKey.export({ format: "jwk" }), kid: KEY_ID, use: "sig", endorsements: ["msteams"] },
  ];
  const calls: RelayedCall[] = [];

  const sign = (serviceUrl: string) =>
    new SignJWT({ serviceurl: serviceUrl })
      .setProtectedHeader({ alg: "RS256", typ: "JWT", kid: KEY_ID })
      .setIssuer(ISSUER)
      .setAudience(needs.botId)
      .setIssuedAt()
      .setExpirationTime("1h")
      .sign(privateKey);

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "/";
    if (path === "/v1/.well-known/openidconfiguration") {
      const jwksUri = `${relay.url}/v1/.well-known/keys`;
      end(response, 200, {
        ...{ issuer: ISSUER, jwks_uri: jwksUri, id_token_signing_alg_values_supported: ["RS256"] },
      });
      return;
    }
    if (path === "/v1/.well-known/keys") {
      end(response, 200, { keys });
      return;
    }
    const body = await readBody(request);
    const activity = readActivity(body);
    const to = path.startsWith(CONNECTOR) ? "connector" : "bot";
    const note: RelayedCall = {
      ...{ to, path, activity, status: null, isSigned: request.headers.authorization !== undefined },
      method: request.method ?? "",
    };
    calls.push(note);
    const headers = new Headers();
    for (const [name, value] of Object.entries(request.headers)) {
      if (!HOP.includes(name) && typeof value === "string") headers.set(name, value);
    }
    if (to === "bot" && !relay.isPassingThrough)
      headers.set("authorization", `Bearer ${await sign(activity.serviceUrl ?? "")}`);
    const base = to === "bot" ? needs.botUrl : needs.playgroundUrl;
    if (to === "connector" && relay.isConnectorBusy) {
      note.status = 429;
      response.setHeader("retry-after", "2");
      end(response, 429, { error: { code: "TooManyRequests", message: "Come back later." } });
      return;
    }
    const method = request.method ?? "GET";
    const answer = await fetch(`${base}${path}`, { method, headers, ...(body.length > 0 ? { body } : {}) });
    note.status = answer.status;
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "text/plain" });
    response.end(Buffer.from(await answer.arrayBuffer()));
  }

  const server = createServer((request, response) => {
    pass(request, response).catch((error: unknown) => {
      if (!response.headersSent)
        end(response, 502, { error: { code: "BadGateway", message: String(error) } });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const relay: SigningRelay = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ calls, isConnectorBusy: false, isPassingThrough: false },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return relay;
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function readActivity(body: Buffer): RelayedActivity {
  try {
    return JSON.parse(body.toString("utf8")) as RelayedActivity;
  } catch {
    return {};
  }
}

function end(response: ServerResponse, status: number, json: object): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(json));
}
