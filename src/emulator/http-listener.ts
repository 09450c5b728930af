/** The one listener of the emulated tenant: restify in front, plain handlers behind. */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import * as restify from "restify";
import type { Edges } from "../edges.ts";
import { EarshotError } from "../errors.ts";
import { ApiFault } from "./api-fault.ts";
import type { ApiAnswer, ApiArea, ApiHandler, ApiRequest, ApiRoutes } from "./api-route.ts";
import { formatFault } from "./format-fault.ts";
import { guardTarget } from "./guard-target.ts";

/** Told after every answer; `area` is null where no route took the request. */
export type AnswerListener = (answered: {
  readonly area: ApiArea | null;
  readonly method: string;
  readonly path: string;
  /** 0: the connection was cut. */
  readonly status: number;
}) => void;

/** A server's private key and certificate, both PEM. */
export interface TlsIdentity {
  readonly key: string;
  readonly certificate: string;
}

export interface HttpListener {
  readonly port: number;
  close(): Promise<void>;
}

type Edge = Pick<Edges, "now" | "randomUuid" | "log">;

const BODY_LIMIT_BYTES = 4_000_000;
const LONGEST_PARAMETER = 2048;
const METHODS = { GET: "get", POST: "post", PUT: "put", PATCH: "patch", DELETE: "del" } as const;

/** Listens on 127.0.0.1; port 0 takes a free one; with `tls` in https alone. Throws `address-unavailable`. */
export async function startHttpListener(
  edges: Edge,
  port: number,
  routes: readonly ApiRoutes[],
  onAnswer: AnswerListener,
  tls: TlsIdentity | null = null,
): Promise<HttpListener> {
  const server = restify.createServer({
    ...{ name: "emulated-tenant", maxParamLength: LONGEST_PARAMETER },
    // For its router: Microsoft's services read paths in any case, and the Teams SDK asks for `pagedMembers`.
    ...{ caseSensitive: false },
    ...(tls ? { key: tls.key, certificate: tls.certificate } : {}),
  });
  // Not in @types/restify, which describe an older version.
  (server as unknown as { first(check: typeof guardTarget): void }).first(guardTarget);
  // restify's own listener does nothing, and Node forgets a socket that was handed to one.
  server.server.removeAllListeners("upgrade");
  for (const { area, handlers } of routes) {
    for (const [name, handle] of Object.entries(handlers)) {
      const [method = "", path = ""] = name.split(" ");
      server[METHODS[method as keyof typeof METHODS]](path, createResponder(edges, area, handle, onAnswer));
    }
  }
  for (const register of Object.values(METHODS)) {
    server[register]("/*", createResponder(edges, null, answerNotEmulated(edges), onAnswer));
  }
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: unknown) =>
      reject(
        new EarshotError("address-unavailable", `The emulated tenant cannot listen on 127.0.0.1:${port}.`, {
          cause,
        }),
      ),
    );
    server.listen(port, "127.0.0.1", () => resolve());
  });
  const bare = server.server as Server;
  return {
    port: (bare.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        bare.close(() => resolve());
        bare.closeAllConnections();
      }),
  };
}

/** What is not emulated must fail loudly: a silent 404 looks like an empty tenant. */
function answerNotEmulated({ log }: Edge): ApiHandler {
  return ({ method, path }) => {
    log.warn({ method, path }, "emulated tenant: route not emulated");
    const message = `${method} ${path} is not emulated.`;
    return { status: 501, json: { error: { code: "NotEmulated", message } } };
  };
}

function createResponder(edges: Edge, area: ApiArea | null, handle: ApiHandler, onAnswer: AnswerListener) {
  return async (request: restify.Request, response: restify.Response): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://127.0.0.1");
    let taken: ApiRequest = {
      method: request.method ?? "GET",
      path: pathname,
      params: request.params as Record<string, string>,
      query: searchParams,
      headers: request.headers,
      body: Buffer.alloc(0),
    };
    let answer: ApiAnswer;
    try {
      taken = { ...taken, body: await readBody(request) };
      answer = await handle(taken);
    } catch (thrown) {
      answer = formatFault(area ?? "connector", toFault(thrown, edges, taken), taken, edges);
    }
    onAnswer({ area, method: taken.method, path: pathname, status: readStatus(answer) });
    writeAnswer(response, answer);
  };
}

function readStatus(answer: ApiAnswer): number {
  if ("hangsUp" in answer) return 0;
  return "status" in answer ? answer.status : 200;
}

function toFault(thrown: unknown, { log }: Edge, { method, path }: ApiRequest): ApiFault {
  if (thrown instanceof ApiFault) return thrown;
  const what = thrown instanceof Error ? thrown.message : String(thrown);
  log.error({ method, path, what }, "emulated tenant: fault in a handler");
  return new ApiFault(500, "InternalServerError", "The emulated tenant failed.");
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request) {
    sizeBytes += (chunk as Buffer).length;
    if (sizeBytes > BODY_LIMIT_BYTES) throw new ApiFault(413, "RequestTooLarge", "The body is too large.");
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function writeAnswer(response: ServerResponse, answer: ApiAnswer): void {
  if ("stream" in answer) {
    answer.stream(response);
    return;
  }
  if ("hangsUp" in answer) {
    response.destroy();
    return;
  }
  const headers = { ...answer.headers };
  if ("content" in answer) {
    response.writeHead(answer.status, { "content-type": answer.type, ...headers });
    response.end(answer.content);
  } else if (answer.json === undefined) {
    response.writeHead(answer.status, headers);
    response.end();
  } else {
    response.writeHead(answer.status, { "content-type": "application/json; charset=utf-8", ...headers });
    response.end(JSON.stringify(answer.json));
  }
}
