import type { SubscriptionKey } from "../../../model/ids.ts";
import type { SubscriptionRecord } from "../../storage.ts";
import type { Database } from "../database.ts";

export function saveSubscription(database: Database, subscription: SubscriptionRecord): void {
  database.run(
    `INSERT OR REPLACE INTO subscription
       (key, tenant_id, subscription_id, resource, change_types, label, client_state_digest, certificate_id, notification_url,
        expires_at, renewed_at)
     VALUES
       ($key, $tenantId, $subscriptionId, $resource, $changeTypes, $label, $clientStateDigest, $certificateId, $notificationUrl,
        $expiresAt, $renewedAt)`,
    { ...subscription },
  );
}

export function removeSubscription(database: Database, { key }: { key: SubscriptionKey }): void {
  database.run("DELETE FROM subscription WHERE key = $key", { key });
}

export function listSubscriptions(
  database: Database,
  { tenantId }: { tenantId?: string },
): SubscriptionRecord[] {
  return database
    .all("SELECT * FROM subscription WHERE $tenantId IS NULL OR tenant_id = $tenantId ORDER BY resource", {
      tenantId: tenantId ?? null,
    })
    .map(readSubscription);
}

export function findSubscriptions(
  database: Database,
  asked: { subscriptionIds: readonly string[]; clientStateDigests: readonly string[] },
): SubscriptionRecord[] {
  return database
    .all(
      `SELECT * FROM subscription
       WHERE subscription_id IN (SELECT value FROM json_each($ids))
          OR subscription_id IS NULL AND client_state_digest IN (SELECT value FROM json_each($digests))`,
      {
        ids: JSON.stringify(asked.subscriptionIds),
        digests: JSON.stringify(asked.clientStateDigests),
      },
    )
    .map(readSubscription);
}

function readSubscription(row: Record<string, unknown>): SubscriptionRecord {
  return {
    key: row.key as SubscriptionKey,
    tenantId: row.tenant_id as string,
    subscriptionId: row.subscription_id as string | null,
    resource: row.resource as string,
    changeTypes: row.change_types as string,
    label: row.label as string,
    clientStateDigest: row.client_state_digest as string,
    certificateId: row.certificate_id as string,
    notificationUrl: row.notification_url as string,
    expiresAt: row.expires_at as number,
    renewedAt: row.renewed_at as number,
  };
}
