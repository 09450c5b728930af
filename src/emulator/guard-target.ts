/** What must be looked at in a request before restify sees it. */
import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * restify 12 builds a URL of the Host header and the target outside its handler chain, so a malformed one ends the
 * process; such a request gets a 400 here. Also brings Graph's key syntax, `teams('id')`, into path segments.
 * Source: https://github.com/restify/node-restify/issues/2011
 */
export function guardTarget(request: IncomingMessage, response: ServerResponse): boolean {
  const target = request.url ?? "/";
  try {
    const base = `http://${request.headers.host ?? "localhost"}`;
    const { pathname } = target.startsWith("/") ? new URL(base + target) : new URL(target, base);
    decodeURIComponent(pathname);
  } catch {
    response.writeHead(400, { "content-type": "text/plain", connection: "close" });
    response.end("Bad Request");
    return false;
  }
  request.url = rewriteKeys(target);
  return true;
}

/** `/v1.0/chats('19:a')/messages('1')` → `/v1.0/chats/19:a/messages/1`; other paths stay as they are. */
function rewriteKeys(target: string): string {
  if (!/^\/(?:v1\.0|beta)\//i.test(target)) return target;
  const [path = "", ...query] = target.split("?");
  const rewritten = path.replace(/\/(\w+)\((?:'|%27)(.*?)(?:'|%27)\)(?=\/|$)/g, "/$1/$2");
  return [rewritten, ...query].join("?");
}
