/**
 * Advisory locks, which PostgreSQL keeps for as long as a connection lives: first key the kind, second key which one.
 * Source: https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
 */
export const LOCKS = {
  /** For as long as a transaction: one opening at a time brings the schema up to date. */
  migration: [1_163_022_930, 1],
  /** The keeper's. */
  keeper: [1_163_022_930, 2],
} as const;

/** First key of the locks of holders; the second is the holder's number. */
export const HOLDERS = 1_163_022_931;
