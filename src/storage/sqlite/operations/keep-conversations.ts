import type { ConversationAddress } from "../../../model/trace.ts";
import type { HeardConversation, LearntConversation, NewConversation } from "../../heard-conversation.ts";
import { readConversation } from "../../read-row.ts";
import { REFUSED_CODES, type Storage } from "../../storage.ts";
import type { Database } from "../database.ts";

type Input<Name extends keyof Storage> = Parameters<Storage[Name]>[0];

/** What turns into a polled one is read at once; what is polled no more is read when it is due. */
export function saveConversations(database: Database, conversations: readonly NewConversation[]): void {
  for (const { tenantId, conversationId, teamId, label, heardUntil, isPolled, now } of conversations) {
    database.run(
      `INSERT INTO conversation
         (tenant_id, conversation_id, team_id, label, heard_until, gap, opened_at, due_at, cursor, attempts, poll_ms,
          hold_until)
       VALUES ($tenantId, $conversationId, $teamId, $label, $heardUntil, 'new', $now, $now, NULL, 0, $pollMs, 0)
       ON CONFLICT (tenant_id, conversation_id) DO UPDATE SET team_id = excluded.team_id, label = excluded.label,
         due_at = CASE WHEN conversation.poll_ms IS NULL AND excluded.poll_ms IS NOT NULL
           THEN min(conversation.due_at, excluded.due_at) ELSE conversation.due_at END,
         poll_ms = CASE WHEN excluded.poll_ms IS NULL THEN NULL ELSE coalesce(conversation.poll_ms, excluded.poll_ms) END`,
      { tenantId, conversationId, teamId, label, heardUntil, now, pollMs: isPolled ? 0 : null },
    );
  }
}

export function learnConversations(database: Database, learnt: readonly LearntConversation[]): void {
  for (const { tenantId, conversationId, teamId, label, heardUntil, dueAt } of learnt) {
    database.run(
      `INSERT INTO conversation
         (tenant_id, conversation_id, team_id, label, heard_until, gap, opened_at, due_at, cursor, attempts, poll_ms,
          hold_until)
       VALUES ($tenantId, $conversationId, $teamId, $label, $heardUntil, NULL, 0, $dueAt, NULL, 0, NULL, 0)
       ON CONFLICT (tenant_id, conversation_id) DO NOTHING`,
      { tenantId, conversationId, teamId, label, heardUntil, dueAt },
    );
  }
}

export function openGaps(
  database: Database,
  { tenantId, conversationIds, heardUntil, reason, now, holdUntil }: Input<"openGaps">,
): void {
  database.run(
    `UPDATE conversation SET
       heard_until = CASE WHEN gap IS NULL AND poll_ms IS NULL THEN max(heard_until, $heardUntil) ELSE heard_until END,
       gap = CASE WHEN gap IS NULL OR gap = 'sweep' THEN $reason ELSE gap END,
       opened_at = max($now, opened_at + 1),
       due_at = min(due_at, $now),
       hold_until = max(hold_until, $holdUntil)
     WHERE ($tenantId IS NULL OR tenant_id = $tenantId)
       AND ($ids IS NULL OR conversation_id IN (SELECT value FROM json_each($ids)))`,
    {
      ...{ heardUntil, reason, now, holdUntil, tenantId: tenantId ?? null },
      ids: conversationIds ? JSON.stringify(conversationIds) : null,
    },
  );
}

export function listConversations(
  database: Database,
  { tenantId }: { tenantId?: string },
): HeardConversation[] {
  return database
    .all(
      `SELECT * FROM conversation WHERE $tenantId IS NULL OR tenant_id = $tenantId
       ORDER BY tenant_id, conversation_id`,
      { tenantId: tenantId ?? null },
    )
    .map(readConversation);
}

export function listDueConversations(
  database: Database,
  { now, limit, exceptTenants }: Input<"listDueConversations">,
): HeardConversation[] {
  return database
    .all(
      `SELECT * FROM conversation
       WHERE due_at <= $now AND tenant_id NOT IN (SELECT value FROM json_each($exceptTenants))
       ORDER BY CASE WHEN poll_ms IS NOT NULL THEN 0 WHEN gap IS NOT NULL THEN 1 ELSE 2 END, due_at, conversation_id
       LIMIT $limit`,
      { now, limit, exceptTenants: JSON.stringify(exceptTenants) },
    )
    .map(readConversation);
}

export function saveReading(
  database: Database,
  { tenantId, conversationId, cursor, attempts, fault, dueAt }: Input<"saveReading">,
): boolean {
  const { changes } = database.run(
    `UPDATE conversation SET cursor = $cursor, attempts = $attempts, fault = $fault, due_at = $dueAt
     WHERE tenant_id = $tenantId AND conversation_id = $conversationId`,
    { tenantId, conversationId, cursor, attempts, fault, dueAt },
  );
  return changes > 0;
}

/** Opened anew while it was read, it stays open; polled since then, it is still due. What was read then is read. */
export function finishReading(
  database: Database,
  { tenantId, conversationId, openedAt, heardUntil, cursor, dueAt, pollMs }: Input<"finishReading">,
): void {
  database.run(
    `UPDATE conversation SET heard_until = max(heard_until, $heardUntil), attempts = 0, fault = NULL,
       cursor = CASE WHEN opened_at = $openedAt THEN $cursor END,
       gap = CASE WHEN opened_at = $openedAt THEN NULL ELSE gap END,
       opened_at = CASE WHEN opened_at = $openedAt THEN 0 ELSE opened_at END,
       due_at = CASE WHEN opened_at = $openedAt AND (poll_ms IS NULL OR $pollMs IS NOT NULL) THEN $dueAt ELSE due_at END,
       hold_until = CASE WHEN opened_at = $openedAt THEN 0 ELSE hold_until END,
       poll_ms = CASE WHEN poll_ms IS NULL THEN NULL ELSE coalesce($pollMs, poll_ms) END
     WHERE tenant_id = $tenantId AND conversation_id = $conversationId`,
    { tenantId, conversationId, openedAt, heardUntil, cursor, dueAt, pollMs },
  );
}

export function retryRefusedReadings(
  database: Database,
  { tenantId, teamId, dueAt }: Input<"retryRefusedReadings">,
): void {
  database.run(
    `UPDATE conversation SET due_at = $dueAt
     WHERE tenant_id = $tenantId AND ($teamId IS NULL OR team_id = $teamId) AND due_at > $dueAt
       AND fault IN (SELECT value FROM json_each($codes))`,
    { tenantId, teamId, dueAt, codes: JSON.stringify(REFUSED_CODES) },
  );
}

export function removeConversations(database: Database, conversations: readonly ConversationAddress[]): void {
  for (const { tenantId, conversationId } of conversations) {
    database.run(
      "DELETE FROM conversation WHERE tenant_id = $tenantId AND conversation_id = $conversationId",
      {
        tenantId,
        conversationId,
      },
    );
  }
}
