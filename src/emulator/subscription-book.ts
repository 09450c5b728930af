/** Live subscriptions of all tenants. */
import type { Subscription, SubscriptionScope } from "./subscription-resource.ts";

/** Expired ones are gone. */
export interface SubscriptionBook {
  put(subscription: Subscription): void;
  find(id: string): Subscription | undefined;
  /** The one of this scope, whichever way its resource is spelled, and whatever changes it asks for. */
  findDuplicate(organisationId: string, scope: SubscriptionScope): Subscription | undefined;
  remove(id: string): void;
  list(organisationId: string): Subscription[];
  listAll(): Subscription[];
}

/** Found by id and by scope without a look at the others: there may be ten thousand. */
export function createSubscriptionBook(now: () => number): SubscriptionBook {
  const byId = new Map<string, Subscription>();
  const idByScope = new Map<string, string>();

  function remove(id: string): void {
    const found = byId.get(id);
    if (!found) return;
    byId.delete(id);
    idByScope.delete(formatScopeKey(found.organisationId, found.scope));
  }

  function find(id: string): Subscription | undefined {
    const found = byId.get(id);
    if (!found || found.expiresAtMs > now()) return found;
    remove(id);
    return undefined;
  }

  const listAll = (): Subscription[] =>
    [...byId.keys()].map(find).filter((subscription) => subscription !== undefined);
  return {
    put(subscription) {
      const { id } = subscription.resource;
      byId.set(id, subscription);
      idByScope.set(formatScopeKey(subscription.organisationId, subscription.scope), id);
    },
    find,
    findDuplicate(organisationId, scope) {
      const id = idByScope.get(formatScopeKey(organisationId, scope));
      return id === undefined ? undefined : find(id);
    },
    remove,
    list: (organisationId) => listAll().filter((one) => one.organisationId === organisationId),
    listAll,
  };
}

function formatScopeKey(organisationId: string, scope: SubscriptionScope): string {
  return JSON.stringify({ organisationId, ...scope }).toLowerCase();
}
