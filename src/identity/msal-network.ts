import type { Edges } from "../edges.ts";
import type { INetworkModule, NetworkRequestOptions, NetworkResponse } from "@azure/msal-node";

const TIMEOUT_MS = 10_000;

/**
 * MSAL's way to the network: our fetch, and the cloud's login host replaced by the one that is set. MSAL itself keeps
 * the official authority, so that issuers and caches stay as they are in the real cloud.
 */
export function createMsalNetwork(needs: {
  edges: Pick<Edges, "fetch" | "timeout">;
  officialLogin: string;
  loginEndpoint: string;
}): INetworkModule {
  const send = async <T>(method: "GET" | "POST", url: string, options?: NetworkRequestOptions) => {
    const target = url.startsWith(`${needs.officialLogin}/`)
      ? needs.loginEndpoint + url.slice(needs.officialLogin.length)
      : url;
    const response = await needs.edges.fetch(target, {
      method,
      headers: options?.headers ?? {},
      body: method === "POST" ? (options?.body ?? "") : undefined,
      // The body holds the secret: it goes nowhere but there.
      redirect: "error",
      signal: needs.edges.timeout(TIMEOUT_MS),
    });
    const body = (await response.json()) as T;
    return {
      headers: Object.fromEntries(response.headers),
      body,
      status: response.status,
    } satisfies NetworkResponse<T>;
  };
  return {
    sendGetRequestAsync: (url, options) => send("GET", url, options),
    sendPostRequestAsync: (url, options) => send("POST", url, options),
  };
}
