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
/** Of these areas, where a write must say that its body is JSON. */
const TYPED_AREAS: readonly (ApiArea | null)[] = ["graph", "connector"];
const HANG_UP: ApiAnswer = { hangsUp: true };
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
    let answer: WrittenAnswer;
    try {
      const body = await readBody(request);
      if (body === null) edges.log.debug({ path: pathname }, "emulated tenant: the caller went away");
      taken = { ...taken, body: body ?? taken.body };
      demandJsonType(area, taken);
      answer = write(body === null ? HANG_UP : await handle(taken));
    } catch (thrown) {
      answer = write(formatFault(area ?? "connector", toFault(thrown, edges, taken), taken, edges));
    }
    onAnswer({ area, method: taken.method, path: pathname, status: readStatus(answer) });
    try {
      send(response, answer);
    } catch (thrown) {
      toFault(thrown, edges, taken);
      response.destroy();
    }
  };
}

/**
 * A write without a body needs no type, and neither does a DELETE. Graph's words:
 * https://github.com/microsoftgraph/msgraph-cli/issues/258,
 * https://github.com/microsoftgraph/msgraph-sample-pythondjangoapp/issues/22
 */
function demandJsonType(area: ApiArea | null, { method, headers, body }: ApiRequest): void {
  const type = headers["content-type"];
  const isWrite = body.length > 0 && ["POST", "PUT", "PATCH"].includes(method);
  if (!isWrite || !TYPED_AREAS.includes(area) || /^application\/json\s*(?:;|$)/i.test(type ?? "")) return;
  if (area === "connector") throw new ApiFault(415, "UnsupportedMediaType", "The body must be JSON.");
  const message =
    type === undefined
      ? "Write requests (excluding DELETE) must contain the Content-Type header declaration."
      : "Entity only allows writes with a JSON Content-Type header.";
  throw new ApiFault(400, "BadRequest", message);
}

function readStatus(answer: WrittenAnswer): number {
  if ("hangsUp" in answer) return 0;
  return "stream" in answer ? 200 : answer.status;
}

function toFault(thrown: unknown, { log }: Edge, { method, path }: ApiRequest): ApiFault {
  if (thrown instanceof ApiFault) return thrown;
  const what = thrown instanceof Error ? thrown.message : String(thrown);
  log.error({ method, path, what }, "emulated tenant: fault in a handler");
  return new ApiFault(500, "InternalServerError", "The emulated tenant failed.");
}

/** Null: the caller went away in the midst of it. Throws 413. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  try {
    // Not destroyed where it is too large: the answer has to go out by the same socket.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      sizeBytes += (chunk as Buffer).length;
      if (sizeBytes > BODY_LIMIT_BYTES) break;
      chunks.push(chunk as Buffer);
    }
  } catch {
    return null;
  }
  if (sizeBytes <= BODY_LIMIT_BYTES) return Buffer.concat(chunks);
  throw new ApiFault(413, "RequestTooLarge", "The body is too large.");
}

/** Ready to be sent: nothing of it can fail any more where the head is already gone. */
type WrittenAnswer =
  | Extract<ApiAnswer, { stream: unknown } | { hangsUp: true }>
  | {
      readonly status: number;
      readonly headers: Record<string, string>;
      readonly content: Buffer | string | undefined;
    };

/** Throws where an answer cannot be written. */
function write(answer: ApiAnswer): WrittenAnswer {
  if (!("status" in answer)) return answer;
  const { status, headers = {} } = answer;
  if ("content" in answer) {
    return { status, headers: { "content-type": answer.type, ...headers }, content: answer.content };
  }
  if (answer.json === undefined) return { status, headers, content: undefined };
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
    content: JSON.stringify(answer.json),
  };
}

function send(response: ServerResponse, answer: WrittenAnswer): void {
  if ("stream" in answer) {
    answer.stream(response);
  } else if ("hangsUp" in answer) {
    response.destroy();
  } else {
    // What is left of a body that was not read to its end would be taken for the next request.
    const isUnread = !response.req.readableEnded;
    response.writeHead(answer.status, { ...answer.headers, ...(isUnread ? { connection: "close" } : {}) });
    response.end(answer.content);
  }
}
