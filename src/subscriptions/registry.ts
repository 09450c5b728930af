import type { SubscriptionKey } from "../model/ids.ts";
import type { Storage } from "../storage/storage.ts";
import type { HastenedSubscription, SubscriptionRecord } from "../storage/subscription-record.ts";
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
  /** All that were written down for one resource: of a create that was not answered there may be more than one. */
  listOf(tenantId: string, resource: string): readonly SubscriptionRecord[];
  /** The team of a channel that we are subscribed to, or null. */
  findTeamId(tenantId: string, channelId: string): string | null;
  save(record: SubscriptionRecord): Promise<void>;
  /**
   * What Graph says between two renewals: whichever instance hears it changes no more than that, since its own record
   * may be older than the keeper's.
   */
  hasten(subscription: HastenedSubscription): Promise<void>;
  remove(record: { key: SubscriptionKey }): Promise<void>;
  /** It brought something at this instant. In memory until `saveHeard`: thousands come in a second. */
  noteHeard(record: SubscriptionRecord, at: number): void;
  saveHeard(): Promise<void>;
}

export function createRegistry(storage: Storage): Registry {
  const records = new Map<SubscriptionKey, SubscriptionRecord>();
  /** By Graph's id: thousands of notifications a second ask. */
  const answered = new Map<string, SubscriptionRecord>();
  const pending = new Map<SubscriptionKey, SubscriptionRecord>();
  const keysByResource = new Map<string, Set<SubscriptionKey>>();
  const teamsByChannel = new Map<string, string>();
  let heard = new Map<SubscriptionKey, number>();

  const keep = (given: SubscriptionRecord) => {
    // What was heard while a record was in somebody's hands, or is not written down yet, is not forgotten with it.
    const heardAt = Math.max(given.heardAt, records.get(given.key)?.heardAt ?? 0, heard.get(given.key) ?? 0);
    const record = { ...given, heardAt };
    drop(record);
    records.set(record.key, record);
    if (record.subscriptionId === null) pending.set(record.key, record);
    else answered.set(record.subscriptionId, record);
    const name = nameResource(record);
    const keys = keysByResource.get(name) ?? new Set();
    keysByResource.set(name, keys.add(record.key));
    const channel = readChannelResource(record.resource);
    if (channel) teamsByChannel.set(`${record.tenantId} ${channel.channelId}`, channel.teamId);
  };
  const drop = ({ key }: { key: SubscriptionKey }) => {
    const known = records.get(key);
    if (!known) return;
    records.delete(key);
    pending.delete(key);
    if (known.subscriptionId !== null) answered.delete(known.subscriptionId);
    const keys = keysByResource.get(nameResource(known));
    keys?.delete(key);
    if (keys?.size === 0) keysByResource.delete(nameResource(known));
  };

  const list = (tenantId?: string) =>
    [...records.values()].filter((record) => tenantId === undefined || record.tenantId === tenantId);

  return {
    load: async (tenantId) => {
      const stored = await storage.listSubscriptions(tenantId === undefined ? {} : { tenantId });
      const keys = new Set(stored.map(({ key }) => key));
      list(tenantId)
        .filter(({ key }) => !keys.has(key))
        .forEach(drop);
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
    listOf: (tenantId, resource) =>
      [...(keysByResource.get(nameResource({ tenantId, resource })) ?? [])].flatMap(
        (key) => records.get(key) ?? [],
      ),
    findTeamId: (tenantId, channelId) => teamsByChannel.get(`${tenantId} ${channelId}`) ?? null,
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
    hasten: async (subscription) => {
      await storage.hastenSubscription(subscription);
      const { key, expiresAt = Infinity, renewAt = Infinity } = subscription;
      const known = records.get(key);
      if (!known) return;
      keep({
        ...known,
        expiresAt: Math.min(known.expiresAt, expiresAt),
        renewAt: Math.min(known.renewAt, renewAt),
      });
    },
    remove: async (record) => {
      await storage.removeSubscription({ key: record.key });
      drop(record);
    },
    noteHeard: ({ key }, at) => {
      const known = records.get(key);
      if (!known) return;
      heard.set(key, at);
      keep({ ...known, heardAt: Math.max(known.heardAt, at) });
    },
    saveHeard: async () => {
      if (heard.size === 0) return;
      const saved = heard;
      heard = new Map();
      await storage.noteHeard([...saved].map(([key, at]) => ({ key, at })));
    },
  };
}

function nameResource({ tenantId, resource }: { tenantId: string; resource: string }): string {
  return `${tenantId} ${resource.toLowerCase()}`;
}
