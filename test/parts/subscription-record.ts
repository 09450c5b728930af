import type { SubscriptionKey } from "../../src/model/ids.ts";
import type { SubscriptionRecord } from "../../src/storage/subscription-record.ts";
import { digestClientState } from "../../src/subscriptions/client-state.ts";
import { CHANGE_TYPES, type Addresses } from "../../src/subscriptions/plan.ts";
import { LIFE_MS } from "../../src/subscriptions/renewal.ts";

export const NOTIFICATION_URL = "https://bot.example.com/api/notifications";
export const LIFECYCLE_URL = "https://bot.example.com/api/lifecycle";
export const ADDRESSES: Addresses = { notification: NOTIFICATION_URL, lifecycle: LIFECYCLE_URL };

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
    wantedBy: "installed",
    clientStateDigest: digestClientState(`state-${name}`),
    content: "encrypted",
    certificateId: "cert-1",
    api: "v1.0",
    notificationUrl: NOTIFICATION_URL,
    lifecycleUrl: LIFECYCLE_URL,
    expiresAt: at + LIFE_MS,
    renewedAt: at,
    renewAt: at + LIFE_MS / 2,
    patchedAt: 0,
    heardAt: 0,
    ...change,
  };
}
