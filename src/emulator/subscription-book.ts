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
 * Found by id and by scope without a look at the others: there may be ten thousand.
 * `quota`: so many may an organisation have, over all apps.
 * Source: https://learn.microsoft.com/graph/api/resources/subscription (limits)
 */
export function createSubscriptionBook(now: () => number, quota = Infinity): SubscriptionBook {
  const byId = new Map<string, Subscription>();
  const idByScope = new Map<string, string>();
  const idsByOrganisation = new Map<string, Set<string>>();

  function openIds(organisationId: string): Set<string> {
    let found = idsByOrganisation.get(organisationId);
    if (!found) idsByOrganisation.set(organisationId, (found = new Set()));
    return found;
  }

  function remove(id: string): void {
    const found = byId.get(id);
    if (!found) return;
    byId.delete(id);
    openIds(found.organisationId).delete(id);
    idByScope.delete(formatScopeKey(found.organisationId, found.scope));
  }

  function find(id: string): Subscription | undefined {
    const found = byId.get(id);
    if (!found || found.expiresAtMs > now()) return found;
    remove(id);
    return undefined;
  }

  /** Looks for expired ones only where it is full. */
  function demandRoom(organisationId: string): void {
    if (openIds(organisationId).size < quota || list(organisationId).length < quota) return;
    const message = `The organisation has reached the maximum number of subscriptions (${quota}).`;
    throw new ApiFault(403, "Forbidden", message);
  }

  const findAll = (ids: Iterable<string>): Subscription[] =>
    [...ids].map(find).filter((subscription) => subscription !== undefined);
  const list = (organisationId: string) => findAll(openIds(organisationId));
  return {
    put(subscription) {
      const { id } = subscription.resource;
      if (!byId.has(id)) demandRoom(subscription.organisationId);
      byId.set(id, subscription);
      openIds(subscription.organisationId).add(id);
      idByScope.set(formatScopeKey(subscription.organisationId, subscription.scope), id);
    },
    find,
    findDuplicate(organisationId, scope) {
      const id = idByScope.get(formatScopeKey(organisationId, scope));
      return id === undefined ? undefined : find(id);
    },
    remove,
    list,
    listAll: () => findAll(byId.keys()),
  };
}

function formatScopeKey(organisationId: string, scope: SubscriptionScope): string {
  return JSON.stringify({ organisationId, ...scope }).toLowerCase();
}
