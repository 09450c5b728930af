/** Live subscriptions of all tenants. */
import type { Subscription, SubscriptionScope } from "./subscription-resource.ts";

/** Expired ones are gone. */
export interface SubscriptionBook {
  put(subscription: Subscription): void;
  find(id: string): Subscription | undefined;
  /** Whichever way its resource is spelled, and whatever changes it asks for. */
  findDuplicate(organisationId: string, scope: SubscriptionScope): Subscription | undefined;
  remove(id: string): void;
  list(organisationId: string): Subscription[];
  listAll(): Subscription[];
}

export function createSubscriptionBook(now: () => number): SubscriptionBook {
  const byId = new Map<string, Subscription>();
  const listAll = (): Subscription[] => {
    for (const { resource, expiresAtMs } of byId.values()) {
      if (expiresAtMs <= now()) byId.delete(resource.id);
    }
    return [...byId.values()];
  };
  const list = (organisationId: string) => listAll().filter((one) => one.organisationId === organisationId);
  const normalise = (scope: SubscriptionScope) => JSON.stringify(scope).toLowerCase();
  return {
    put: (subscription) => void byId.set(subscription.resource.id, subscription),
    find: (id) => listAll().find(({ resource }) => resource.id === id),
    findDuplicate: (organisationId, scope) =>
      list(organisationId).find((one) => normalise(one.scope) === normalise(scope)),
    remove: (id) => void byId.delete(id),
    list,
    listAll,
  };
}
