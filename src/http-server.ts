/** A restify server as both listeners use it: guarded, quiet, closable. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { pino } from "pino";
import * as restify from "restify";
import { EarshotError, toEarshotError } from "./errors.ts";
import type { Edges } from "./edges.ts";
import { isLoopback } from "./loopback.ts";

export type Handler = (request: restify.Request, response: restify.Response) => Promise<void>;

export interface HttpServer {
  route(method: "get" | "head" | "post", path: string, handler: Handler): void;
  /** Resolves with the port when it accepts connections. Throws `address-unavailable`. */
  listen(port: number, host?: string): Promise<number>;
  /** Takes no more connections, waits for the answers under way, but not for long, and cuts what is left. */
  close(): Promise<void>;
}

const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const CHECK_EVERY_MS = 2_000;
const MOST_CONNECTIONS = 2_000;
/** At the end of the program; a sender that was cut off sends again. */
const CLOSE_PATIENCE_MS = 2_000;

/**
 * `portSetting` is the setting to name when the port is taken. `isLocal`: only requests that name this machine as
 * their host are answered, so that no page of another site can read here under a name of its own.
 */
export function createHttpServer(needs: {
  name: string;
  portSetting: string;
  isLocal?: boolean;
  edges: Edges;
}): HttpServer {
  const server = restify.createServer({
    name: "",
    // restify's own log repeats what ours says, with headers.
    log: pino({ level: "silent" }) as never,
  });
  const { server: http } = server;
  // restify listens for upgrades and does nothing: Node then hands each such socket over and forgets it. Without a
  // listener the request is answered like any other.
  http.removeAllListeners("upgrade");
  http.headersTimeout = HEADERS_TIMEOUT_MS;
  http.requestTimeout = REQUEST_TIMEOUT_MS;
  http.maxConnections = MOST_CONNECTIONS;
  // Node looks for connections past these limits every 30 s unless told otherwise, which restify cannot.
  (http as unknown as { connectionsCheckingInterval: number }).connectionsCheckingInterval = CHECK_EVERY_MS;
  // @types/restify describes an older restify, which had no `first`.
  (
    server as unknown as {
      first(guard: (request: restify.Request, response: restify.Response) => boolean): void;
    }
  ).first((request, response) => {
    const isSound = isSoundTarget(request) && (!needs.isLocal || isFromHere(request));
    if (!isSound) end(response, 400, { connection: "close" });
    return isSound;
  });
  // No page, no stack, no library's name: a status says all.
  server.on(
    "restifyError",
    (_request: restify.Request, response: restify.Response, error: { statusCode?: unknown }) => {
      end(response, typeof error.statusCode === "number" ? error.statusCode : 500);
    },
  );

  const underWay = new Set<Promise<unknown>>();
  return {
    route: (method, path, handler) => {
      server[method](path, async (request: restify.Request, response: restify.Response) => {
        const answered = once(response, "close")
          .catch(() => undefined)
          .finally(() => underWay.delete(answered));
        underWay.add(answered);
        try {
          await handler(request, response);
        } catch (thrown) {
          const error = toEarshotError(thrown);
          needs.edges.log.error({ code: error.code, path, reason: error.message }, "a request failed");
          end(response, error.disposition === "retry" ? 503 : 500);
        }
      });
    },
    listen: (port, host) =>
      new Promise((resolve, reject) => {
        server.once("error", (error: NodeJS.ErrnoException) => {
          reject(
            new EarshotError(
              "address-unavailable",
              `the ${needs.name} cannot listen on ${host ?? "any address"} port ${port}: ${error.code ?? error.message}. Free it, or set ${needs.portSetting}.`,
              { cause: error },
            ),
          );
        });
        server.listen(port, host, () => {
          resolve((http.address() as AddressInfo).port);
        });
      }),
    close: async () => {
      const closed = new Promise((resolve) => http.close(resolve));
      http.closeIdleConnections();
      await Promise.race([Promise.allSettled(underWay), needs.edges.sleep(CLOSE_PATIENCE_MS)]);
      // What is open still is a socket that some client keeps for later.
      http.closeAllConnections();
      await closed;
    },
  };
}

/** Ends with an empty body, unless the answer has begun. */
export function end(response: restify.Response, status: number, headers: Record<string, string> = {}): void {
  if (response.headersSent) {
    response.end();
    return;
  }
  response.writeHead(status, { "content-length": "0", ...headers });
  response.end();
}

/**
 * restify 12 parses Host and target with `new URL` outside of every handler, so that a malformed one ends the
 * process. This is asked before anything else. https://github.com/restify/node-restify/issues/2011
 */
function isSoundTarget(request: restify.Request): boolean {
  const base = `http://${request.headers.host ?? "localhost"}`;
  const target = request.url ?? "";
  return target.startsWith("/") ? URL.canParse(base + target) : URL.canParse(target, base);
}

function isFromHere(request: restify.Request): boolean {
  const host = URL.parse(`http://${request.headers.host ?? ""}`);
  return host !== null && isLoopback(host.hostname);
}
