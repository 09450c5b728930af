/**
 * Microsoft's Graph client, one a tenant, on our tokens and our fetch. Its own chain is left out: over plain http
 * (a tenant on loopback) it sends no token at all, and it repeats POSTs.
 */
import { Client, GraphError, type Context, type Middleware } from "@microsoft/microsoft-graph-client";
import type { Config } from "../config.ts";
import type { Edges } from "../edges.ts";
import { EarshotError, type ErrorCode } from "../errors.ts";
import type { AppTokens } from "../identity/app-tokens.ts";
import { parsePage, type GraphPage } from "../wire/graph-answers.ts";
import { createCallBudget } from "./call-budget.ts";

/** A create answers only after two handshakes of at most 10 s each. */
const TIMEOUT_MS = 30_000;
const MAX_PAGES = 1_000;
/** A 429 does not always say for how long. */
const THROTTLED_MS = 10_000;
/**
 * A subscription lives on the token that made or renewed it: Graph asks for a new one when that nears its end. So it is
 * given one with nearly all of its time before it, and with the roles that were consented to lately.
 */
const FRESH_TOKEN_MS = 5 * 60_000;
/** Addresses that are remembered as refused, of a tenant. */
const MOST_REFUSED = 10_000;

export type GraphApi = "v1.0" | "beta";

/**
 * Calls in one tenant. Paths start with a slash, after the version. Each waits for its turn by Graph's limits. All throw
 * the `graph-…` and `token-…` errors.
 */
export interface GraphTenant {
  get(path: string): Promise<unknown>;
  /** Follows `@odata.nextLink` to the end. */
  list(path: string): Promise<unknown[]>;
  /** The same, item by item, for who does not want all. */
  walk(path: string): AsyncIterable<unknown>;
  /** One page, by its path or by the link of the page before. A link that leads away from Graph is refused. */
  page(pathOrLink: string): Promise<GraphPage>;
  post(path: string, body: object, api?: GraphApi): Promise<unknown>;
  patch(path: string, body: object, api?: GraphApi): Promise<unknown>;
  delete(path: string, api?: GraphApi): Promise<void>;
  /** Something may have been consented to: the next change of a subscription, or what is refused, is asked for with a new token. */
  forgetToken(): void;
}

export type Graph = (tenantId: string) => GraphTenant;

/** Once `ending` aborts, no further call is sent: those that wait for their turn fail, to be tried at the next start. */
export function createGraph(needs: {
  config: Config;
  tokens: AppTokens;
  edges: Edges;
  ending?: AbortSignal;
}): Graph {
  const official = needs.config.cloud.graph;
  const endpoint = needs.config.endpoints.graph;
  const tenants = new Map<string, GraphTenant>();
  const budget = createCallBudget(needs.edges);

  const createTenant = (tenantId: string): GraphTenant => {
    const client = Client.initWithMiddleware({
      baseUrl: `${official}/`,
      middleware: createSender({ ...needs, tenantId, official, endpoint }),
    });
    const call = async (
      method: "get" | "post" | "patch" | "delete",
      path: string,
      { body, api = "v1.0" }: { body?: object; api?: GraphApi | undefined } = {},
    ): Promise<unknown> => {
      const asked = { tenantId, method: method.toUpperCase(), path: readPath(path, official) };
      const leave = await budget.enter(asked, needs.ending);
      let refusedForMs: number | null = null;
      try {
        if (needs.ending?.aborted) throw new EarshotError("graph-unavailable", "the program is ending");
        const request = client.api(path);
        if (api !== "v1.0") request.version(api);
        return (await request[method](body)) as unknown;
      } catch (thrown) {
        const error = explainFailure(thrown, `${asked.method} ${path}`);
        if (error.code === "graph-throttled") refusedForMs = error.retryAfterMs ?? THROTTLED_MS;
        throw error;
      } finally {
        leave(refusedForMs);
      }
    };
    const get = (path: string) => call("get", path);
    const page = async (pathOrLink: string): Promise<GraphPage> =>
      parsePage(
        await get(pathOrLink.startsWith("/") ? pathOrLink : toOfficial(pathOrLink, { official, endpoint })),
      );
    async function* walk(path: string): AsyncIterable<unknown> {
      let next: string | null = path;
      for (let pages = 0; next !== null && pages < MAX_PAGES; pages += 1) {
        const { items, nextLink } = await page(next);
        yield* items;
        next = nextLink;
      }
    }
    return {
      get,
      walk,
      page,
      list: async (path) => {
        const items: unknown[] = [];
        for await (const item of walk(path)) items.push(item);
        return items;
      },
      post: (path, body, api) => call("post", path, { body, api }),
      patch: (path, body, api) => call("patch", path, { body, api }),
      delete: async (path, api) => {
        await call("delete", path, { api });
      },
      forgetToken: () => needs.tokens.forgetGraphToken(tenantId),
    };
  };

  return (tenantId) => {
    const known = tenants.get(tenantId) ?? createTenant(tenantId);
    tenants.set(tenantId, known);
    return known;
  };
}

/** The last link of the client's chain, and here the only one: token, address, time limit. */
function createSender(needs: {
  tenantId: string;
  official: string;
  endpoint: string;
  tokens: AppTokens;
  edges: Edges;
}): Middleware {
  /** What was refused last time, by its address: it is asked for with a young token. */
  const refused = new Set<string>();
  return {
    execute: async (context: Context) => {
      // The client's types name the browser's; on Node it hands over an address or a Request.
      const request = context.request as unknown as string | Request;
      const url = typeof request === "string" ? request : request.url;
      const keepsToken = context.options?.method !== "GET" && /\/subscriptions(\/|$)/.test(url);
      const readYoungToken = async () =>
        (await needs.tokens.readGraphToken(needs.tenantId, { mostAgeMs: FRESH_TOKEN_MS })).value;
      const readKeptToken = async () => (await needs.tokens.readGraphToken(needs.tenantId)).value;
      const name = url.replace(/\?.*$/s, "");
      const readToken = async () => {
        if (keepsToken) return readYoungToken();
        return refused.has(name) ? readYoungToken().catch(readKeptToken) : readKeptToken();
      };
      const send = (token: string) => {
        const headers = new Headers(context.options?.headers);
        headers.set("authorization", `Bearer ${token}`);
        return needs.edges.fetch(needs.endpoint + url.slice(needs.official.length), {
          ...context.options,
          headers,
          redirect: "error",
          signal: needs.edges.timeout(TIMEOUT_MS),
        });
      };
      const token = await readToken();
      context.response = await send(token);
      const { status } = context.response;
      // It may have been given before something was consented to. Not at once: Graph counts how often it is asked.
      if (status !== 403) refused.delete(name);
      else if (!keepsToken && refused.size < MOST_REFUSED) refused.add(name);
      if (status !== 401) return;
      // Withdrawn before its time: nothing was done, and a new one may be taken.
      needs.tokens.rejectToken(token);
      const another = await readToken();
      if (another === token) return;
      await context.response.body?.cancel();
      context.response = await send(another);
    },
  };
}

/** What comes after host and version, of a path or a next link. */
function readPath(path: string, official: string): string {
  return path.startsWith(`${official}/`) ? path.slice(official.length).replace(/^\/[^/]+/, "") : path;
}

/** A next link must stay on Graph: it is fetched with our token. */
function toOfficial(link: string, { official, endpoint }: { official: string; endpoint: string }): string {
  if (link.startsWith(`${endpoint}/`)) return official + link.slice(endpoint.length);
  if (link.startsWith(`${official}/`)) return link;
  throw new EarshotError(
    "graph-refused",
    `Graph's next link leads away from ${endpoint}; it was not followed`,
  );
}

function explainFailure(error: unknown, tried: string): EarshotError {
  if (error instanceof EarshotError) return error;
  if (!(error instanceof GraphError)) {
    return new EarshotError("graph-unavailable", `${tried}: Graph could not be reached`, { cause: error });
  }
  // The client wraps what the sender threw; an error of ours goes through as it is.
  if (error.statusCode === -1) {
    const { cause } = error as { cause?: unknown };
    if (cause instanceof EarshotError) return cause;
    return new EarshotError("graph-unavailable", `${tried}: Graph could not be reached (${error.message})`);
  }
  return new EarshotError(
    readCode(error.statusCode),
    `${tried}: Graph answered ${error.statusCode} ${error.code ?? ""} ${error.message}`.trim(),
    { cause: error, retryAfterMs: readRetryAfter(error.headers?.get("retry-after") ?? null) },
  );
}

function readCode(status: number): ErrorCode {
  if (status === 401 || status === 403) return "graph-forbidden";
  if (status === 404 || status === 410) return "graph-not-found";
  if (status === 409) return "graph-conflict";
  if (status === 429) return "graph-throttled";
  // 501: what this Graph cannot do, it cannot do later either.
  return status >= 500 && status !== 501 ? "graph-unavailable" : "graph-refused";
}

/** Seconds, as Graph sends it; the date form is left to the caller's own back-off. */
function readRetryAfter(header: string | null): number | undefined {
  const seconds = Number(header);
  return header !== null && Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : undefined;
}
