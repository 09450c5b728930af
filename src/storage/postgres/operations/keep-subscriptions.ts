import type { SubscriptionKey } from "../../../model/ids.ts";
import { readSubscription } from "../../read-row.ts";
import type { HastenedSubscription, SubscriptionRecord } from "../../subscription-record.ts";
import type { Opening } from "../opening.ts";

const SAVE = `
  INSERT INTO subscription
    (key, tenant_id, subscription_id, resource, change_types, label, wanted_by, client_state_digest, content,
     certificate_id, api, notification_url, lifecycle_url, expires_at, renewed_at, renew_at, patched_at, heard_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
  ON CONFLICT (key) DO UPDATE SET tenant_id = excluded.tenant_id, subscription_id = excluded.subscription_id,
    resource = excluded.resource, change_types = excluded.change_types, label = excluded.label,
    wanted_by = excluded.wanted_by, client_state_digest = excluded.client_state_digest, content = excluded.content,
    certificate_id = excluded.certificate_id, api = excluded.api, notification_url = excluded.notification_url,
    lifecycle_url = excluded.lifecycle_url, expires_at = excluded.expires_at, renewed_at = excluded.renewed_at,
    renew_at = excluded.renew_at, patched_at = excluded.patched_at,
    heard_at = greatest(subscription.heard_at, excluded.heard_at)`;

export async function saveSubscription({ query }: Opening, record: SubscriptionRecord): Promise<void> {
  const { key, tenantId, subscriptionId, resource, changeTypes, label, wantedBy } = record;
  const { clientStateDigest, content, certificateId, api, notificationUrl, lifecycleUrl } = record;
  const { expiresAt, renewedAt, renewAt, patchedAt, heardAt } = record;
  await query(SAVE, [
    ...[key, tenantId, subscriptionId, resource, changeTypes, label, wantedBy],
    ...[clientStateDigest, content, certificateId, api, notificationUrl, lifecycleUrl],
    ...[expiresAt, renewedAt, renewAt, patchedAt, heardAt],
  ]);
}

export async function hastenSubscription(
  { query }: Opening,
  { key, expiresAt, renewAt }: HastenedSubscription,
): Promise<void> {
  // What is null is no least: https://www.postgresql.org/docs/current/functions-conditional.html
  await query(
    `UPDATE subscription SET expires_at = least(expires_at, $2::bigint), renew_at = least(renew_at, $3::bigint)
     WHERE key = $1`,
    [key, expiresAt ?? null, renewAt ?? null],
  );
}

export async function noteHeard(
  { query }: Opening,
  heard: readonly { readonly key: SubscriptionKey; readonly at: number }[],
): Promise<void> {
  await query(
    `UPDATE subscription SET heard_at = greatest(heard_at, heard.at)
     FROM unnest($1::text[], $2::bigint[]) AS heard (key, at) WHERE subscription.key = heard.key`,
    [heard.map(({ key }) => key), heard.map(({ at }) => at)],
  );
}

export async function removeSubscription(opening: Opening, { key }: { key: SubscriptionKey }): Promise<void> {
  await opening.query("DELETE FROM subscription WHERE key = $1", [key]);
}

export async function listSubscriptions(
  opening: Opening,
  { tenantId }: { tenantId?: string },
): Promise<SubscriptionRecord[]> {
  const { rows } = await opening.query(
    "SELECT * FROM subscription WHERE $1::text IS NULL OR tenant_id = $1 ORDER BY resource",
    [tenantId ?? null],
  );
  return rows.map(readSubscription);
}

export async function findSubscriptions(
  opening: Opening,
  asked: { subscriptionIds: readonly string[]; clientStateDigests: readonly string[] },
): Promise<SubscriptionRecord[]> {
  const { rows } = await opening.query(
    `SELECT * FROM subscription
     WHERE subscription_id = ANY ($1::text[]) OR subscription_id IS NULL AND client_state_digest = ANY ($2::text[])`,
    [asked.subscriptionIds, asked.clientStateDigests],
  );
  return rows.map(readSubscription);
}
