/** Live subscriptions of all tenants. */
import { ApiFault } from "./api-fault.ts";
import type { Subscription, SubscriptionScope } from "./subscription-resource.ts";

/** Expired ones are gone. */
export interface SubscriptionBook {
  /** Throws 403 where a new one is one too many for its organisation. */
  put(subscription: Subscription): void;
  find(id: string): Subscription | undefined;
  /** The one of this scope, whichever way its resource is spelled, and whatever changes it asks for. */
  findDuplicate(organisationId: string, scope: SubscriptionScope): Subscription | undefined;
  remove(id: string): void;
  list(organisationId: string): Subscription[];
  listAll(): Subscription[];
}

/**
 * `quota`: so many may an organisation have, over all apps.
 * Source: https://learn.microsoft.com/graph/api/resources/subscription (limits)
 *
 * Found by id and by scope without a look at the others: there may be ten thousand.
 */
export function createSubscriptionBook(now: () => number, quota = Infinity): SubscriptionBook {
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

  /** Counted by hand where it might be full: until then their number over all is enough to know. */
  function demandRoom(organisationId: string): void {
    if (byId.size < quota || list(organisationId).length < quota) return;
    const message = `The organisation has reached the maximum number of subscriptions (${quota}).`;
    throw new ApiFault(403, "Forbidden", message);
  }

  const listAll = (): Subscription[] =>
    [...byId.keys()].map(find).filter((subscription) => subscription !== undefined);
  const list = (organisationId: string) => listAll().filter((one) => one.organisationId === organisationId);
  return {
    put(subscription) {
      const { id } = subscription.resource;
      if (!byId.has(id)) demandRoom(subscription.organisationId);
      byId.set(id, subscription);
      idByScope.set(formatScopeKey(subscription.organisationId, subscription.scope), id);
    },
    find,
    findDuplicate(organisationId, scope) {
      const id = idByScope.get(formatScopeKey(organisationId, scope));
      return id === undefined ? undefined : find(id);
    },
    remove,
    list,
    listAll,
  };
}

function formatScopeKey(organisationId: string, scope: SubscriptionScope): string {
  return JSON.stringify({ organisationId, ...scope }).toLowerCase();
}
