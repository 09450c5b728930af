import type { Claim } from "../../storage.ts";
import { isLostRace, type Query } from "../database.ts";
import type { Opening } from "../opening.ts";
import { HOLDER_LOCKS } from "../locks.ts";
import { readClaim } from "../read-row.ts";

/** So many are looked at in the order in which they are due. */
const MOST_STEPS = 1_000;

/** None of the conversation is in hand, and nothing from before is being read back. */
const IS_FREE = `
  NOT EXISTS (
    SELECT FROM conversation AS gap
    WHERE gap.hold_until > $1
      AND gap.tenant_id = head.tenant_id AND gap.conversation_id = head.conversation_id
  )
  AND NOT EXISTS (
    SELECT FROM notification AS held
    WHERE held.state = 'claimed'
      AND held.tenant_id = head.tenant_id AND held.conversation_id = head.conversation_id
  )`;

/** Of those that are due first, those that are the head of their conversation and free. */
const WALK = `
  SELECT head.id FROM (
    SELECT id, due_at, ordinal, tenant_id, conversation_id FROM notification
    WHERE state = 'waiting' AND due_at <= $1
    ORDER BY due_at, ordinal, id LIMIT ${MOST_STEPS}
  ) AS head
  WHERE ${IS_FREE}
    AND NOT EXISTS (
      SELECT FROM notification AS earlier
      WHERE earlier.state IN ('waiting', 'claimed')
        AND earlier.tenant_id = head.tenant_id AND earlier.conversation_id = head.conversation_id
        AND (earlier.ordinal, earlier.id) < (head.ordinal, head.id)
    )`;

/** The same of all, from conversation to conversation: thousands that wait behind one that is stuck cost one look. */
const LEAP = `
  WITH RECURSIVE head AS (
    (
      SELECT id, tenant_id, conversation_id FROM notification WHERE state IN ('waiting', 'claimed')
      ORDER BY tenant_id, conversation_id, ordinal, id LIMIT 1
    )
    UNION ALL
    SELECT next.id, next.tenant_id, next.conversation_id
    FROM head CROSS JOIN LATERAL (
      SELECT id, tenant_id, conversation_id FROM notification AS other
      WHERE other.state IN ('waiting', 'claimed')
        AND (other.tenant_id, other.conversation_id) > (head.tenant_id, head.conversation_id)
      ORDER BY other.tenant_id, other.conversation_id, other.ordinal, other.id LIMIT 1
    ) AS next
  )
  SELECT head.id FROM head WHERE ${IS_FREE}`;

/**
 * What another instance is just claiming is passed over. Two instances may still see different heads of one
 * conversation, where an earlier message comes in between: then the index of what is in hand lets one of them through.
 */
const claimThose = (heads: string) => `
  WITH heads AS MATERIALIZED (${heads}), chosen AS MATERIALIZED (
    SELECT notification.id FROM notification
    WHERE id = ANY (ARRAY(SELECT id FROM heads)) AND state = 'waiting' AND due_at <= $1
    ORDER BY due_at, ordinal, id LIMIT $2
    FOR UPDATE SKIP LOCKED
  )
  UPDATE notification SET state = 'claimed', attempts = attempts + 1, holder = $3
  FROM chosen WHERE notification.id = chosen.id
  RETURNING notification.*`;

const IS_MORE = `
  SELECT FROM notification WHERE state = 'waiting' AND due_at <= $1
  ORDER BY due_at, ordinal, id LIMIT 1 OFFSET $2`;

const MOST_TRIES = 3;

export async function claimNotifications(
  { presence, inHand }: Opening,
  { limit, now }: { limit: number; now: number },
): Promise<Claim[]> {
  if (!presence) return [];
  return presence.during(async ({ query, holder }) => {
    const claims: Claim[] = [];
    const take = async (heads: string): Promise<void> => {
      claims.push(...(await tryClaim(query, claimThose(heads), [now, limit - claims.length, holder])));
    };
    await take(WALK);
    if (claims.length < limit) {
      const more = await query(IS_MORE, [now, MOST_STEPS - claims.length]);
      if (more.rows.length > 0) await take(LEAP);
    }
    // Not before: where one of these failed, nobody has what was claimed, and it is to be let go.
    for (const { id } of claims) inHand.set(id, holder);
    return claims;
  });
}

async function tryClaim(query: Query, sql: string, values: readonly unknown[]): Promise<Claim[]> {
  for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
    try {
      return (await query(sql, values)).rows.map(readClaim);
    } catch (error) {
      if (!isLostRace(error)) throw error;
    }
  }
  return [];
}

/**
 * A holder is dead when its lock can be had. Under our own number, too, there may be what is in nobody's hand: a claim
 * whose answer did not reach us.
 */
const RELEASE = `
  WITH holders AS MATERIALIZED (
    SELECT DISTINCT holder FROM notification WHERE state = 'claimed' AND holder <> $1
  ), dead AS MATERIALIZED (
    SELECT holder FROM holders WHERE pg_try_advisory_xact_lock($2, holder)
  ), orphaned AS MATERIALIZED (
    SELECT id FROM notification
    WHERE state = 'claimed' AND (holder = $1 OR holder IN (SELECT holder FROM dead)) AND id <> ALL ($3::bigint[])
    ORDER BY id FOR UPDATE
  )
  UPDATE notification SET state = 'waiting', holder = NULL, attempts = attempts - 1
  FROM orphaned WHERE notification.id = orphaned.id`;

export async function releaseClaims({ presence, inHand }: Opening): Promise<number> {
  if (!presence) return 0;
  return presence.during(
    async ({ query, holder }) => (await query(RELEASE, [holder, HOLDER_LOCKS, [...inHand.keys()]])).changes,
  );
}
