/** A bot's endpoint of plain node:http, and a client for the emulated services: what a journey needs of a bot. */
import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { EmulatedTenant } from "../../src/emulator/emulated-tenant.ts";

export const SILENT_LOG = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

export interface Heard {
  readonly path: string;
  readonly authorization: string;
  readonly json: Record<string, unknown>;
}

export interface FakeBot {
  readonly url: string;
  readonly heard: readonly Heard[];
  /** The first request, past or future, that fits and was not taken before. */
  take(fits: (heard: Heard) => boolean): Promise<Heard>;
  /** Answers the next requests to this path with these statuses, then 202 again. */
  answerNext(path: string, ...statuses: number[]): void;
  /** Another answer to validation requests than the right one. */
  handshake: (token: string, response: ServerResponse) => void;
  readonly handshakes: string[];
  /** How many connections were made to it. */
  readonly connections: () => number;
  close(): Promise<void>;
}

export function answerRightly(token: string, response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/plain" });
  response.end(token);
}

/** `port` 0 takes a free one. */
export async function startFakeBot(port = 0): Promise<FakeBot> {
  const heard: Heard[] = [];
  const taken = new Set<Heard>();
  const statuses = new Map<string, number[]>();
  let waiting: (() => void)[] = [];

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://bot");
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const token = searchParams.get("validationToken");
    if (token !== null) {
      bot.handshakes.push(pathname);
      bot.handshake(token, response);
      return;
    }
    const json = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Record<string, unknown>;
    heard.push({ path: pathname, authorization: request.headers.authorization ?? "", json });
    // In two steps: restify, in the same process, takes the return value from every response's writeHead.
    response.writeHead(statuses.get(pathname)?.shift() ?? 202);
    response.end();
    const wakened = waiting;
    waiting = [];
    for (const wake of wakened) wake();
  }

  const server = createServer((request, response) => void answer(request, response));
  let connections = 0;
  server.on("connection", () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const bot: FakeBot = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    handshakes: [],
    handshake: answerRightly,
    connections: () => connections,
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
    answerNext: (path, ...next) => void statuses.set(path, next),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return bot;
}

export interface Answer {
  readonly status: number;
  /** Seconds, where it is said when to come back. */
  readonly retryAfter: string | null;
  readonly json: Record<string, unknown>;
}

export type Caller = (method: string, path: string, body?: unknown) => Promise<Answer>;

export async function requestToken(
  tenant: EmulatedTenant,
  tenantId: string,
  change: Record<string, string> = {},
): Promise<Answer> {
  const { BOT_ID = "", BOT_PASSWORD = "" } = tenant.settings;
  const form = new URLSearchParams({
    ...{ grant_type: "client_credentials", client_id: BOT_ID, client_secret: BOT_PASSWORD },
    scope: "https://graph.microsoft.com/.default",
    ...change,
  });
  return call(`${tenant.url}/${tenantId}/oauth2/v2.0/token`, "POST", "", form);
}

/** Calls Graph as the app in the tenant. */
export async function openGraph(tenant: EmulatedTenant, tenantId: string): Promise<Caller> {
  const { json } = await requestToken(tenant, tenantId);
  const token = String(json.access_token);
  return (method, path, body) => call(`${tenant.url}/v1.0${path}`, method, token, body);
}

export async function call(
  url: string,
  method: string,
  token: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const isForm = body instanceof URLSearchParams;
  const response = await fetch(url, {
    method,
    headers: {
      ...headers,
      ...(token === "" ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined || isForm ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>;
  return { status: response.status, retryAfter: response.headers.get("retry-after"), json };
}

export function first<T>(list: readonly T[]): T {
  const [one] = list;
  assert.ok(one !== undefined, "the list is empty");
  return one;
}

/** The customer's places by name. */
export function placesOf(tenant: EmulatedTenant) {
  const contoso = first(tenant.organisations);
  const team = (name: string) => first(contoso.teams.filter((one) => one.name === name));
  const channel = (teamName: string, name: string) =>
    first(team(teamName).channels.filter((one) => one.name === name));
  const chat = (name: string) => first(contoso.chats.filter((one) => one.name === name));
  return { contoso, team, channel, chat };
}
