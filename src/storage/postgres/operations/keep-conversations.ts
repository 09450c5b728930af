import type { ConversationAddress } from "../../../model/trace.ts";
import type { HeardConversation, LearntConversation, NewConversation } from "../../heard-conversation.ts";
import { readConversation } from "../../read-row.ts";
import { REFUSED_CODES, type Storage } from "../../storage.ts";
import type { Opening } from "../opening.ts";

type Input<Name extends keyof Storage> = Parameters<Storage[Name]>[0];

/** What turns into a polled one is read at once; what is polled no more is read when it is due. */
const SAVE = `
  INSERT INTO conversation
    (tenant_id, conversation_id, team_id, label, heard_until, gap, opened_at, due_at, cursor, attempts, poll_ms,
     hold_until)
  SELECT tenant_id, conversation_id, team_id, label, heard_until, 'new', now, now, NULL, 0, poll_ms, 0
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[])
    AS one (tenant_id, conversation_id, team_id, label, heard_until, poll_ms, now)
  ON CONFLICT (tenant_id, conversation_id) DO UPDATE SET team_id = excluded.team_id, label = excluded.label,
    due_at = CASE WHEN conversation.poll_ms IS NULL AND excluded.poll_ms IS NOT NULL
      THEN least(conversation.due_at, excluded.due_at) ELSE conversation.due_at END,
    poll_ms = CASE WHEN excluded.poll_ms IS NULL THEN NULL ELSE coalesce(conversation.poll_ms, excluded.poll_ms) END`;

export async function saveConversations(
  { query }: Opening,
  conversations: readonly NewConversation[],
): Promise<void> {
  // One statement cannot change a row twice: of those that are named twice the last counts.
  const named = [
    ...new Map(conversations.map((one) => [`${one.tenantId} ${one.conversationId}`, one])).values(),
  ];
  const column = <Name extends keyof NewConversation>(name: Name) => named.map((one) => one[name]);
  await query(SAVE, [
    ...[
      column("tenantId"),
      column("conversationId"),
      column("teamId"),
      column("label"),
      column("heardUntil"),
    ],
    ...[named.map(({ isPolled }) => (isPolled ? 0 : null)), column("now")],
  ]);
}

const LEARN = `
  INSERT INTO conversation
    (tenant_id, conversation_id, team_id, label, heard_until, gap, opened_at, due_at, cursor, attempts, poll_ms,
     hold_until)
  SELECT tenant_id, conversation_id, team_id, label, heard_until, NULL, 0, due_at, NULL, 0, NULL, 0
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[])
    AS one (tenant_id, conversation_id, team_id, label, heard_until, due_at)
  -- In one order: two instances may learn the same at once.
  ORDER BY tenant_id, conversation_id
  ON CONFLICT (tenant_id, conversation_id) DO NOTHING`;

export async function learnConversations(
  { query }: Opening,
  learnt: readonly LearntConversation[],
): Promise<void> {
  const column = <Name extends keyof LearntConversation>(name: Name) => learnt.map((one) => one[name]);
  await query(LEARN, [
    ...[column("tenantId"), column("conversationId"), column("teamId")],
    ...[column("label"), column("heardUntil"), column("dueAt")],
  ]);
}

export async function openGaps(
  { query }: Opening,
  { tenantId, conversationIds, heardUntil, reason, now, holdUntil }: Input<"openGaps">,
): Promise<void> {
  await query(
    `UPDATE conversation SET
       heard_until = CASE WHEN gap IS NULL AND poll_ms IS NULL THEN greatest(heard_until, $3) ELSE heard_until END,
       gap = CASE WHEN gap IS NULL OR gap = 'sweep' THEN $4 ELSE gap END,
       opened_at = greatest($5::bigint, opened_at + 1),
       due_at = least(due_at, $5),
       hold_until = greatest(hold_until, $6)
     WHERE ($1::text IS NULL OR tenant_id = $1) AND ($2::text[] IS NULL OR conversation_id = ANY ($2))`,
    [tenantId ?? null, conversationIds ?? null, heardUntil, reason, now, holdUntil],
  );
}

export async function listConversations(
  { query }: Opening,
  { tenantId }: { tenantId?: string },
): Promise<HeardConversation[]> {
  const { rows } = await query(
    "SELECT * FROM conversation WHERE $1::text IS NULL OR tenant_id = $1 ORDER BY tenant_id, conversation_id",
    [tenantId ?? null],
  );
  return rows.map(readConversation);
}

export async function listDueConversations(
  { query }: Opening,
  { now, limit, exceptTenants }: Input<"listDueConversations">,
): Promise<HeardConversation[]> {
  const { rows } = await query(
    `SELECT * FROM conversation WHERE due_at <= $1 AND tenant_id <> ALL ($3::text[])
     ORDER BY CASE WHEN poll_ms IS NOT NULL THEN 0 WHEN gap IS NOT NULL THEN 1 ELSE 2 END, due_at, conversation_id
     LIMIT $2`,
    [now, limit, exceptTenants],
  );
  return rows.map(readConversation);
}

export async function saveReading({ query }: Opening, reading: Input<"saveReading">): Promise<boolean> {
  const { tenantId, conversationId, cursor, attempts, fault, dueAt } = reading;
  const { changes } = await query(
    `UPDATE conversation SET cursor = $3, attempts = $4, fault = $5, due_at = $6
     WHERE tenant_id = $1 AND conversation_id = $2`,
    [tenantId, conversationId, cursor, attempts, fault, dueAt],
  );
  return changes > 0;
}

/** Opened anew while it was read, it stays open; polled since then, it is still due. What was read then is read. */
export async function finishReading({ query }: Opening, reading: Input<"finishReading">): Promise<void> {
  const { tenantId, conversationId, openedAt, heardUntil, cursor, dueAt, pollMs } = reading;
  await query(
    `UPDATE conversation SET heard_until = greatest(heard_until, $4), attempts = 0, fault = NULL,
       cursor = CASE WHEN opened_at = $3 THEN $5 END,
       gap = CASE WHEN opened_at = $3 THEN NULL ELSE gap END,
       opened_at = CASE WHEN opened_at = $3 THEN 0 ELSE opened_at END,
       due_at = CASE WHEN opened_at = $3 AND (poll_ms IS NULL OR $7::bigint IS NOT NULL) THEN $6 ELSE due_at END,
       hold_until = CASE WHEN opened_at = $3 THEN 0 ELSE hold_until END,
       poll_ms = CASE WHEN poll_ms IS NULL THEN NULL ELSE coalesce($7::bigint, poll_ms) END
     WHERE tenant_id = $1 AND conversation_id = $2`,
    [tenantId, conversationId, openedAt, heardUntil, cursor, dueAt, pollMs],
  );
}

export async function retryRefusedReadings(
  { query }: Opening,
  { tenantId, teamId, dueAt }: Input<"retryRefusedReadings">,
): Promise<void> {
  await query(
    `UPDATE conversation SET due_at = $3
     WHERE tenant_id = $1 AND ($2::text IS NULL OR team_id = $2) AND due_at > $3 AND fault = ANY ($4::text[])`,
    [tenantId, teamId, dueAt, REFUSED_CODES],
  );
}

export async function removeConversations(
  { query }: Opening,
  conversations: readonly ConversationAddress[],
): Promise<void> {
  await query(
    `DELETE FROM conversation USING unnest($1::text[], $2::text[]) AS gone (tenant_id, conversation_id)
     WHERE conversation.tenant_id = gone.tenant_id AND conversation.conversation_id = gone.conversation_id`,
    [
      conversations.map(({ tenantId }) => tenantId),
      conversations.map(({ conversationId }) => conversationId),
    ],
  );
}
