import { DatabaseSync } from "node:sqlite";
import pg from "pg";

/** A row of the inbox that is not done. */
export interface OpenRow {
  readonly conversationId: string;
  readonly messageId: string;
  readonly state: string;
  readonly attempts: number;
  readonly code: string | null;
}

const ROWS = `
  SELECT conversation_id, message_id, state, attempts, code FROM notification
  WHERE state IN ('waiting', 'claimed') ORDER BY state, ordinal LIMIT 20`;

/** Of what is stuck: what the bot's own contract tells nobody. `database`: as in `DATABASE_URL`. */
export async function readOpenRows(database: string): Promise<OpenRow[]> {
  const rows = database.startsWith("sqlite:") ? readSqlite(database) : await readPostgres(database);
  return rows.map((row) => ({
    conversationId: String(row.conversation_id),
    messageId: String(row.message_id),
    state: String(row.state),
    attempts: Number(row.attempts),
    code: row.code as string | null,
  }));
}

function readSqlite(database: string): Record<string, unknown>[] {
  const connection = new DatabaseSync(database.slice("sqlite:".length), { readOnly: true });
  try {
    return connection.prepare(ROWS).all();
  } finally {
    connection.close();
  }
}

async function readPostgres(connectionString: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(ROWS)).rows;
  } finally {
    await client.end();
  }
}
