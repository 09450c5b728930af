/** The network between a bot and its tenant, with a log of what the bot asked of Graph. */
import { readAddress } from "../clock/traffic.ts";

export interface GraphWeather {
  /** The bot's way to the tenant. */
  readonly botFetch: typeof fetch;
  /** The tenant's way to the bot. */
  readonly tenantFetch: typeof fetch;
  /**
   * `throttled`: every call to Graph is answered with 429; `out`: with 503, and Graph's notifications stay on their way.
   * Bot Framework and Entra go on.
   */
  change(weather: "fair" | "throttled" | "out"): void;
  /** From now on Bot Framework posts to another base URL, as when the bot's registration is changed. */
  moveBot(url: string): void;
  /** Every call to Graph, whatever the weather. */
  readonly calls: readonly WeatheredCall[];
}

export interface WeatheredCall {
  /** Epoch ms. */
  readonly at: number;
  readonly method: string;
  /** Without host and version. */
  readonly path: string;
  readonly status: number;
}

const GRAPH_CALL = /^https?:\/\/[^/]+\/(?:v1\.0|beta)(\/[^?]*)/;
const RETRY_AFTER_S = 30;
const MESSAGES = "/api/messages";

export function createGraphWeather(needs: { now: () => number }): GraphWeather {
  let weather: "fair" | "throttled" | "out" = "fair";
  const calls: WeatheredCall[] = [];
  let botUrl: string | null = null;
  return {
    calls,
    change: (next) => {
      weather = next;
    },
    moveBot: (url) => {
      botUrl = url;
    },
    botFetch: async (input, init) => {
      const [, path] = GRAPH_CALL.exec(readAddress(input)) ?? [];
      if (path === undefined) return fetch(input, init);
      const response =
        weather === "fair"
          ? await fetch(input, init)
          : weather === "throttled"
            ? refuse(429, "TooManyRequests", { "retry-after": String(RETRY_AFTER_S) })
            : refuse(503, "ServiceUnavailable");
      calls.push({ at: needs.now(), method: init?.method ?? "GET", path, status: response.status });
      return response;
    },
    tenantFetch: async (input, init) => {
      const isGraph = /\/api\/(?:notifications|lifecycle)/.test(readAddress(input));
      if (isGraph && weather === "out") throw new TypeError("fetch failed");
      const isMoved = botUrl !== null && readAddress(input).endsWith(MESSAGES);
      return fetch(isMoved ? botUrl + MESSAGES : input, init);
    },
  };
}

function refuse(status: number, code: string, headers: Record<string, string> = {}): Response {
  const error = { code, message: "Trouble, as the test asked for." };
  return Response.json({ error }, { status, headers });
}
