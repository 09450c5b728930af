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
  // Versions of a message, the holder of a claim, the other ear's copy, the outcome that nobody knows, looks asked for.
  // SQLite alters neither a key nor a check, so three tables are made anew.
  `
  CREATE TABLE notification_2 (
    -- AUTOINCREMENT: the id of a deleted row never comes again, so that nobody settles a row for another.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    ear TEXT NOT NULL,
    tenant_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    reply_to_id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    version TEXT NOT NULL,
    change_type TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'claimed', 'done', 'parked')),
    holder TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER NOT NULL DEFAULT 0,
    settled_at INTEGER,
    code TEXT,
    -- Null: the other ear was not heard yet.
    spare_ear TEXT,
    -- Last, because they are long: what is read without them is read without their pages.
    sealed TEXT,
    spare_sealed TEXT,
    UNIQUE (tenant_id, conversation_id, reply_to_id, message_id, version, change_type)
  ) STRICT;
  INSERT INTO notification_2
    (id, ear, tenant_id, conversation_id, reply_to_id, message_id, version, change_type, ordinal, received_at,
     state, attempts, due_at, settled_at, code, sealed)
  SELECT id, ear, tenant_id, conversation_id, reply_to_id, message_id, message_id, change_type, ordinal, received_at,
     state, attempts, due_at, settled_at, code, sealed FROM notification;
  DROP TABLE notification;
  ALTER TABLE notification_2 RENAME TO notification;
  CREATE INDEX notification_open ON notification (tenant_id, conversation_id, ordinal, id)
    WHERE state IN ('waiting', 'claimed');
  CREATE INDEX notification_due ON notification (due_at, ordinal, id) WHERE state = 'waiting';
  CREATE UNIQUE INDEX notification_in_hand ON notification (tenant_id, conversation_id) WHERE state = 'claimed';
  CREATE INDEX notification_parked ON notification (settled_at, tenant_id) WHERE state = 'parked';
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
  CREATE INDEX ledger_age ON ledger (coalesce(settled_at, intended_at));

  CREATE TABLE subscription_2 (
    key TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    subscription_id TEXT,
    resource TEXT NOT NULL,
    change_types TEXT NOT NULL,
    label TEXT NOT NULL,
    client_state_digest TEXT NOT NULL,
    certificate_id TEXT NOT NULL,
    notification_url TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    renewed_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  -- Those of old hear new messages alone; their keeper sees by this that they must be replaced.
  INSERT INTO subscription_2
    (key, tenant_id, subscription_id, resource, change_types, label, client_state_digest, certificate_id,
     notification_url, expires_at, renewed_at)
  SELECT key, tenant_id, subscription_id, resource, 'created', label, client_state_digest, certificate_id,
     notification_url, expires_at, renewed_at FROM subscription;
  DROP TABLE subscription;
  ALTER TABLE subscription_2 RENAME TO subscription;
  CREATE INDEX subscription_of_graph ON subscription (subscription_id);

  CREATE TABLE look (tenant_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  `,
  `
  ALTER TABLE place ADD COLUMN installed_at INTEGER NOT NULL DEFAULT 0;
  UPDATE place SET installed_at = seen_at;

  ALTER TABLE subscription ADD COLUMN wanted_by TEXT NOT NULL DEFAULT 'installed';
  ALTER TABLE subscription ADD COLUMN content TEXT NOT NULL DEFAULT 'encrypted' CHECK (content IN ('encrypted', 'fetch'));
  ALTER TABLE subscription ADD COLUMN api TEXT NOT NULL DEFAULT 'v1.0' CHECK (api IN ('v1.0', 'beta'));
  ALTER TABLE subscription ADD COLUMN lifecycle_url TEXT NOT NULL DEFAULT '';
  ALTER TABLE subscription ADD COLUMN renew_at INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE subscription ADD COLUMN patched_at INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE subscription ADD COLUMN heard_at INTEGER NOT NULL DEFAULT 0;
  UPDATE subscription SET renew_at = renewed_at + (expires_at - renewed_at) / 2, patched_at = renewed_at,
    lifecycle_url = replace(notification_url, '/api/notifications', '/api/lifecycle');

  DROP TABLE look;
  -- An empty team_id: the whole tenant.
  CREATE TABLE look (tenant_id TEXT NOT NULL, team_id TEXT NOT NULL, PRIMARY KEY (tenant_id, team_id)) STRICT, WITHOUT ROWID;

  CREATE TABLE deaf_spot (
    tenant_id TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    label TEXT NOT NULL,
    team_id TEXT,
    conversation_id TEXT,
    state TEXT NOT NULL CHECK (state IN ('polled', 'bot-framework', 'deaf')),
    wanted_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    resource TEXT,
    ask_again_at INTEGER,
    PRIMARY KEY (tenant_id, ordinal)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE alive (id INTEGER PRIMARY KEY CHECK (id = 1), at INTEGER NOT NULL) STRICT;

  CREATE TABLE conversation (
    tenant_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    team_id TEXT,
    label TEXT NOT NULL,
    heard_until INTEGER NOT NULL,
    gap TEXT,
    opened_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    cursor TEXT,
    attempts INTEGER NOT NULL,
    fault TEXT,
    poll_ms INTEGER,
    hold_until INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, conversation_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX conversation_due ON conversation (due_at);
  `,
];
