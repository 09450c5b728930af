import type { SubscriptionKey } from "../model/ids.ts";
import type { Storage, SubscriptionRecord } from "../storage/storage.ts";
import { readChannelResource } from "./channel-resource.ts";
import { digestClientState, matchesClientState } from "./client-state.ts";

/** Our subscriptions, in the database and, for the admission of each notification, in memory. */
export interface Registry {
  /** Takes over what the database has; another instance may have written it. */
  load(tenantId?: string): Promise<void>;
  /** Asks the database for what `find` did not know; once for a whole batch. */
  lookUp(notifications: readonly { subscriptionId: string; clientState: string }[]): Promise<void>;
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
  /** The team of a channel that we are subscribed to, or null. */
  findTeamId(tenantId: string, channelId: string): string | null;
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

  const list = (tenantId?: string) =>
    [...records.values()].filter((record) => tenantId === undefined || record.tenantId === tenantId);

  return {
    load: async (tenantId) => {
      const stored = await storage.listSubscriptions(tenantId === undefined ? {} : { tenantId });
      list(tenantId).forEach(drop);
      stored.forEach(keep);
    },
    lookUp: async (notifications) => {
      const found = await storage.findSubscriptions({
        subscriptionIds: [...new Set(notifications.map(({ subscriptionId }) => subscriptionId))],
        clientStateDigests: [
          ...new Set(notifications.map(({ clientState }) => digestClientState(clientState))),
        ],
      });
      for (const record of found) {
        // What is known with its id was learnt here, and the database may be about to be told.
        if (records.get(record.key)?.subscriptionId == null) keep(record);
      }
    },
    list,
    findTeamId: (tenantId, channelId) => {
      const own = list(tenantId).map(({ resource }) => readChannelResource(resource));
      return own.find((channel) => channel?.channelId === channelId)?.teamId ?? null;
    },
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
