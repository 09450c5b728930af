/** How long Graph trusts each subscription: as long as the token lives with which it was made or last renewed. */
import type { ApiHandler, ApiRequest, ApiRoutes } from "./api-route.ts";
import { readTokenClaims } from "./graph-access.ts";

export interface Authorization {
  readonly renewedAtMs: number;
  /** End of the token. */
  readonly untilMs: number;
}

export interface Authorizations {
  /** The same routes; who makes or renews a subscription there does so with a token that ends. */
  keep(routes: ApiRoutes): ApiRoutes;
  /** Undefined: nobody keeps account of it, and it is trusted. */
  find(subscriptionId: string): Authorization | undefined;
  /** True where nothing is told until it is renewed. */
  isLapsed(subscriptionId: string): boolean;
  /** Told of each renewal. */
  onRenewed(listener: (subscriptionId: string) => void): void;
  /** Forgets all of which this is false. */
  prune(isAlive: (subscriptionId: string) => boolean): void;
}

const RENEWALS = /^(?:POST|PATCH) \/[^/]+\/subscriptions(?:\/|$)/;

export function createAuthorizations(now: () => number): Authorizations {
  const byId = new Map<string, Authorization>();
  const listeners: ((subscriptionId: string) => void)[] = [];

  function renew(subscriptionId: string, request: ApiRequest): void {
    const { exp } = readTokenClaims(request);
    byId.set(subscriptionId, { renewedAtMs: now(), untilMs: Number(exp) * 1_000 });
    for (const listener of listeners) listener(subscriptionId);
  }

  const keepOne =
    (handle: ApiHandler): ApiHandler =>
    async (request) => {
      // What is refused is thrown.
      const answer = await handle(request);
      const made = "json" in answer ? (answer.json as { readonly id?: string }) : {};
      const id = request.params.subscriptionId ?? made.id;
      if (id !== undefined) renew(id, request);
      return answer;
    };

  return {
    keep: ({ area, handlers }) => ({
      area,
      handlers: Object.fromEntries(
        Object.entries(handlers).map(([name, handle]) => [
          name,
          RENEWALS.test(name) ? keepOne(handle) : handle,
        ]),
      ),
    }),
    find: (subscriptionId) => byId.get(subscriptionId),
    isLapsed: (subscriptionId) => (byId.get(subscriptionId)?.untilMs ?? Infinity) <= now(),
    onRenewed: (listener) => void listeners.push(listener),
    prune(isAlive) {
      for (const id of byId.keys()) if (!isAlive(id)) byId.delete(id);
    },
  };
}
