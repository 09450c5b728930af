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
  /** By Graph's id: thousands of notifications a second ask. */
  const answered = new Map<string, SubscriptionRecord>();
  const pending = new Map<SubscriptionKey, SubscriptionRecord>();

  const keep = (record: SubscriptionRecord) => {
    drop(record);
    records.set(record.key, record);
    if (record.subscriptionId === null) pending.set(record.key, record);
    else answered.set(record.subscriptionId, record);
  };
  const drop = ({ key }: { key: SubscriptionKey }) => {
    const known = records.get(key);
    records.delete(key);
    pending.delete(key);
    if (known?.subscriptionId != null) answered.delete(known.subscriptionId);
  };

  return {
    load: async () => {
      for (const record of await storage.listSubscriptions({})) keep(record);
    },
    list: (tenantId) =>
      [...records.values()].filter((record) => tenantId === undefined || record.tenantId === tenantId),
    find: ({ subscriptionId, tenantId, clientState }) =>
      answered.get(subscriptionId) ??
      [...pending.values()].find(
        (record) => record.tenantId === tenantId && matchesClientState(clientState, record.clientStateDigest),
      ),
    save: async (record) => {
      // Before the database: a notification may come while it is being written.
      keep(record);
      await storage.saveSubscription(record);
    },
    remove: async (record) => {
      await storage.removeSubscription({ key: record.key });
      drop(record);
    },
  };
}
