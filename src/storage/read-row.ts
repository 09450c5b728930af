/** Rows that both engines give alike, as the contract has them. */
import type { SubscriptionKey } from "../model/ids.ts";
import type { GapReason, HeardConversation } from "./heard-conversation.ts";
import type { DeafSpot, SubscriptionRecord } from "./subscription-record.ts";

type Row = Readonly<Record<string, unknown>>;

export function readSubscription(row: Row): SubscriptionRecord {
  return {
    key: row.key as SubscriptionKey,
    tenantId: row.tenant_id as string,
    subscriptionId: row.subscription_id as string | null,
    resource: row.resource as string,
    changeTypes: row.change_types as string,
    label: row.label as string,
    wantedBy: row.wanted_by as string,
    clientStateDigest: row.client_state_digest as string,
    content: row.content as SubscriptionRecord["content"],
    certificateId: row.certificate_id as string,
    api: row.api as SubscriptionRecord["api"],
    notificationUrl: row.notification_url as string,
    lifecycleUrl: row.lifecycle_url as string,
    expiresAt: row.expires_at as number,
    renewedAt: row.renewed_at as number,
    renewAt: row.renew_at as number,
    patchedAt: row.patched_at as number,
    heardAt: row.heard_at as number,
  };
}

export function readDeafSpot(row: Row): DeafSpot {
  return {
    tenantId: row.tenant_id as string,
    label: row.label as string,
    teamId: row.team_id as string | null,
    conversationId: row.conversation_id as string | null,
    state: row.state as DeafSpot["state"],
    wantedBy: row.wanted_by as string,
    reason: row.reason as string,
    refused:
      row.resource === null
        ? null
        : { resource: row.resource as string, askAgainAt: row.ask_again_at as number },
  };
}

export function readConversation(row: Row): HeardConversation {
  return {
    tenantId: row.tenant_id as string,
    conversationId: row.conversation_id as string,
    teamId: row.team_id as string | null,
    label: row.label as string,
    heardUntil: row.heard_until as number,
    gap: row.gap as GapReason | null,
    openedAt: row.opened_at as number,
    dueAt: row.due_at as number,
    cursor: row.cursor as string | null,
    attempts: row.attempts as number,
    fault: row.fault as string | null,
    pollMs: row.poll_ms as number | null,
  };
}
