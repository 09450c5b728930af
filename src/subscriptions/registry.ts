import type { SubscriptionKey } from "../model/ids.ts";
import type { Storage, SubscriptionRecord } from "../storage/storage.ts";
import { matchesClientState } from "./client-state.ts";

/** Our subscriptions, in the database and, for the admission of each notification, in memory. */
export interface Registry {
  load(): Promise<void>;
  /**
   * The subscription that a notification says it comes from. One that Graph is just making is known by its
   * clientState alone: its first notification may outrun the answer to the create.
   */
  find(notification: {
    subscriptionId: string;
    tenantId: string;
    clientState: string;
  }): SubscriptionRecord | undefined;
  list(tenantId?: string): readonly SubscriptionRecord[];
  save(record: SubscriptionRecord): Promise<void>;
  remove(record: { key: SubscriptionKey }): Promise<void>;
}

export function createRegistry(storage: Storage): Registry {
  const records = new Map<SubscriptionKey, SubscriptionRecord>();
  const list = (tenantId?: string) =>
    [...records.values()].filter((record) => tenantId === undefined || record.tenantId === tenantId);

  return {
    load: async () => {
      for (const record of await storage.listSubscriptions({})) records.set(record.key, record);
    },
    list,
    find: ({ subscriptionId, tenantId, clientState }) =>
      list().find((record) => record.subscriptionId === subscriptionId) ??
      list(tenantId).find(
        (record) =>
          record.subscriptionId === null && matchesClientState(clientState, record.clientStateDigest),
      ),
    save: async (record) => {
      // Before the database: a notification may come while it is being written.
      records.set(record.key, record);
      await storage.saveSubscription(record);
    },
    remove: async ({ key }) => {
      await storage.removeSubscription({ key });
      records.delete(key);
    },
  };
}
