import type { SubscriptionKey } from "../../../model/ids.ts";
import type { SubscriptionRecord } from "../../storage.ts";
import type { Opening } from "../opening.ts";

const SAVE = `
  INSERT INTO subscription
    (key, tenant_id, subscription_id, resource, change_types, label, client_state_digest, certificate_id,
     notification_url, expires_at, renewed_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
  ON CONFLICT (key) DO UPDATE SET tenant_id = excluded.tenant_id, subscription_id = excluded.subscription_id,
    resource = excluded.resource, change_types = excluded.change_types, label = excluded.label,
    client_state_digest = excluded.client_state_digest, certificate_id = excluded.certificate_id,
    notification_url = excluded.notification_url, expires_at = excluded.expires_at,
    renewed_at = excluded.renewed_at`;

export async function saveSubscription({ query }: Opening, record: SubscriptionRecord): Promise<void> {
  await query(SAVE, [
    ...[
      record.key,
      record.tenantId,
      record.subscriptionId,
      record.resource,
      record.changeTypes,
      record.label,
    ],
    ...[record.clientStateDigest, record.certificateId, record.notificationUrl],
    ...[record.expiresAt, record.renewedAt],
  ]);
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

function readSubscription(row: Readonly<Record<string, unknown>>): SubscriptionRecord {
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
