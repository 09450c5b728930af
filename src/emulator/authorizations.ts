/** How long Graph trusts each subscription: as long as the token lives with which it was made or last renewed. */

export interface Authorization {
  readonly sinceMs: number;
  readonly untilMs: number;
}

export interface Authorizations {
  renew(subscriptionId: string, authorization: Authorization): void;
  /** Undefined: nobody keeps account of it, and it is trusted. */
  find(subscriptionId: string): Authorization | undefined;
  forget(subscriptionId: string): void;
  /** Ids of all that are kept account of. */
  list(): readonly string[];
  /** True where nothing is told until it is renewed. */
  isLapsed(subscriptionId: string): boolean;
  /** Told of each renewal. */
  onRenewed(listener: (subscriptionId: string) => void): void;
}

export function createAuthorizations(now: () => number): Authorizations {
  const byId = new Map<string, Authorization>();
  const listeners: ((subscriptionId: string) => void)[] = [];
  return {
    renew(subscriptionId, authorization) {
      byId.set(subscriptionId, authorization);
      for (const listener of listeners) listener(subscriptionId);
    },
    find: (subscriptionId) => byId.get(subscriptionId),
    forget: (subscriptionId) => void byId.delete(subscriptionId),
    list: () => [...byId.keys()],
    isLapsed: (subscriptionId) => (byId.get(subscriptionId)?.untilMs ?? Infinity) <= now(),
    onRenewed: (listener) => void listeners.push(listener),
  };
}
