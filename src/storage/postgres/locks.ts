/**
 * Advisory locks, which PostgreSQL keeps for a session and drops with it: first key the kind, second key which one.
 * Source: https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
 */

/** First key of all single locks of ours: "Ears", as a number. */
const EARSHOT = 0x45_61_72_73;

/** One opening at a time brings the schema up to date. */
export const MIGRATION_LOCK = [EARSHOT, 1] as const;
/** Whoever has it is the keeper. */
export const KEEPER_LOCK = [EARSHOT, 2] as const;

/** First key of the locks by which holders of claims show that they live; the second is the holder's number. */
export const HOLDER_LOCKS = EARSHOT + 1;
