/** Numbered steps; step n takes a database from version n-1 to n. A step that has shipped is never edited. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE notification (
    id INTEGER PRIMARY KEY,
    ear TEXT NOT NULL,
    tenant_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    reply_to_id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    change_type TEXT NOT NULL,
    -- Place in its conversation: message ids are epoch milliseconds.
    ordinal INTEGER NOT NULL,
    sealed TEXT,
    received_at INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'claimed', 'done', 'parked')),
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER NOT NULL DEFAULT 0,
    settled_at INTEGER,
    code TEXT,
    UNIQUE (tenant_id, conversation_id, reply_to_id, message_id, change_type)
  ) STRICT;
  CREATE INDEX notification_open ON notification (tenant_id, conversation_id, ordinal, id)
    WHERE state IN ('waiting', 'claimed');
  CREATE INDEX notification_due ON notification (due_at) WHERE state = 'waiting';

  CREATE TABLE ledger (
    message_key TEXT NOT NULL,
    rule TEXT NOT NULL,
    action TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('intended', 'sent', 'refused')),
    intended_at INTEGER NOT NULL,
    settled_at INTEGER,
    PRIMARY KEY (message_key, rule, action)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE place (
    tenant_id TEXT NOT NULL,
    place_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('team', 'chat', 'personal')),
    team_id TEXT,
    name TEXT NOT NULL,
    service_url TEXT NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, place_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX place_newest ON place (tenant_id, seen_at);

  CREATE TABLE subscription (
    key TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    subscription_id TEXT UNIQUE,
    resource TEXT NOT NULL,
    label TEXT NOT NULL,
    client_state_digest TEXT NOT NULL,
    certificate_id TEXT NOT NULL,
    notification_url TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    renewed_at INTEGER NOT NULL,
    UNIQUE (tenant_id, resource)
  ) STRICT, WITHOUT ROWID;
  `,
  // Versions of a message, the holder of a claim, the other ear's copy; the outcome that nobody knows; looks asked for.
  // SQLite alters neither a key nor a check, so two tables are made anew.
  `
  CREATE TABLE notification_2 (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    ear TEXT NOT NULL,
    tenant_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    reply_to_id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    version TEXT NOT NULL,
    change_type TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    sealed TEXT,
    -- The other ear's copy; spare_sealed is null from the time when it can no longer be of use.
    spare_ear TEXT,
    spare_sealed TEXT,
    received_at INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'claimed', 'done', 'parked')),
    holder TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER NOT NULL DEFAULT 0,
    settled_at INTEGER,
    code TEXT,
    UNIQUE (tenant_id, conversation_id, reply_to_id, message_id, version, change_type)
  ) STRICT;
  INSERT INTO notification_2
    (id, ear, tenant_id, conversation_id, reply_to_id, message_id, version, change_type, ordinal, sealed,
     received_at, state, attempts, due_at, settled_at, code)
  SELECT id, ear, tenant_id, conversation_id, reply_to_id, message_id, message_id, change_type, ordinal, sealed,
     received_at, state, attempts, due_at, settled_at, code FROM notification;
  DROP TABLE notification;
  ALTER TABLE notification_2 RENAME TO notification;
  CREATE INDEX notification_open ON notification (tenant_id, conversation_id, ordinal, id)
    WHERE state IN ('waiting', 'claimed');
  CREATE INDEX notification_due ON notification (due_at) WHERE state = 'waiting';
  CREATE UNIQUE INDEX notification_in_hand ON notification (tenant_id, conversation_id) WHERE state = 'claimed';
  CREATE INDEX notification_parked ON notification (settled_at) WHERE state = 'parked';
  CREATE INDEX notification_done ON notification (settled_at, tenant_id) WHERE state = 'done';

  CREATE TABLE ledger_2 (
    message_key TEXT NOT NULL,
    rule TEXT NOT NULL,
    action TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('intended', 'unknown', 'sent', 'refused')),
    sent_id TEXT,
    intended_at INTEGER NOT NULL,
    settled_at INTEGER,
    PRIMARY KEY (message_key, rule, action)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO ledger_2 (message_key, rule, action, state, intended_at, settled_at)
    SELECT message_key, rule, action, state, intended_at, settled_at FROM ledger;
  DROP TABLE ledger;
  ALTER TABLE ledger_2 RENAME TO ledger;

  ALTER TABLE subscription ADD COLUMN change_types TEXT NOT NULL DEFAULT 'created';

  CREATE TABLE look (tenant_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  `,
];
