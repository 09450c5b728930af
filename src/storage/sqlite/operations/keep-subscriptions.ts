import type { SubscriptionKey } from "../../../model/ids.ts";
import { readSubscription } from "../../read-row.ts";
import type { HastenedSubscription, SubscriptionRecord } from "../../subscription-record.ts";
import type { Database } from "../database.ts";

export function saveSubscription(database: Database, subscription: SubscriptionRecord): void {
  database.run(
    `INSERT INTO subscription
       (key, tenant_id, subscription_id, resource, change_types, label, wanted_by, client_state_digest, content,
        certificate_id, api, notification_url, lifecycle_url, expires_at, renewed_at, renew_at, patched_at, heard_at)
     VALUES
       ($key, $tenantId, $subscriptionId, $resource, $changeTypes, $label, $wantedBy, $clientStateDigest, $content,
        $certificateId, $api, $notificationUrl, $lifecycleUrl, $expiresAt, $renewedAt, $renewAt, $patchedAt, $heardAt)
     ON CONFLICT (key) DO UPDATE SET tenant_id = excluded.tenant_id, subscription_id = excluded.subscription_id,
       resource = excluded.resource, change_types = excluded.change_types, label = excluded.label,
       wanted_by = excluded.wanted_by, client_state_digest = excluded.client_state_digest,
       content = excluded.content, certificate_id = excluded.certificate_id, api = excluded.api,
       notification_url = excluded.notification_url, lifecycle_url = excluded.lifecycle_url,
       expires_at = excluded.expires_at, renewed_at = excluded.renewed_at, renew_at = excluded.renew_at,
       patched_at = excluded.patched_at, heard_at = max(heard_at, excluded.heard_at)`,
    { ...subscription },
  );
}

export function hastenSubscription(
  database: Database,
  { key, expiresAt, renewAt }: HastenedSubscription,
): void {
  database.run(
    `UPDATE subscription SET expires_at = min(expires_at, coalesce($expiresAt, expires_at)),
       renew_at = min(renew_at, coalesce($renewAt, renew_at))
     WHERE key = $key`,
    { key, expiresAt: expiresAt ?? null, renewAt: renewAt ?? null },
  );
}

export function noteHeard(
  database: Database,
  heard: readonly { readonly key: SubscriptionKey; readonly at: number }[],
): void {
  database.run(
    `UPDATE subscription SET heard_at = max(heard_at, heard.value ->> 'at')
     FROM json_each($heard) AS heard WHERE subscription.key = heard.value ->> 'key'`,
    { heard: JSON.stringify(heard) },
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
