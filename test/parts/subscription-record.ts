import type { SubscriptionKey } from "../../src/model/ids.ts";
import type { SubscriptionRecord } from "../../src/storage/storage.ts";
import { digestClientState } from "../../src/subscriptions/client-state.ts";
import { CHANGE_TYPES, LIFE_MS } from "../../src/subscriptions/plan.ts";

export const NOTIFICATION_URL = "https://bot.example.com/api/notifications";

export const channelOf = (name: string) => `/teams/team/channels/${name}/messages`;

/** A subscription to a channel, made at `at` (epoch ms) for as long as it gets. */
export function createRecord(
  name: string,
  at: number,
  change: Partial<SubscriptionRecord> = {},
): SubscriptionRecord {
  return {
    key: `key-${name}` as SubscriptionKey,
    tenantId: "tenant",
    subscriptionId: `sub-${name}`,
    resource: channelOf(name),
    changeTypes: CHANGE_TYPES,
    label: `Ops › ${name}`,
    clientStateDigest: digestClientState(`state-${name}`),
    certificateId: "cert-1",
    notificationUrl: NOTIFICATION_URL,
    expiresAt: at + LIFE_MS,
    renewedAt: at,
    ...change,
  };
}
