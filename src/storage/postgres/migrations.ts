/** Numbered steps; step n takes a database from version n-1 to n. A step that has shipped is never edited. */
export const MIGRATIONS: readonly string[] = [
  // Text is compared byte by byte, whatever the locale: keys are ranges in it.
  `
  CREATE TABLE notification (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    ear text COLLATE "C" NOT NULL,
    tenant_id text COLLATE "C" NOT NULL,
    conversation_id text COLLATE "C" NOT NULL,
    reply_to_id text COLLATE "C" NOT NULL,
    message_id text COLLATE "C" NOT NULL,
    version text COLLATE "C" NOT NULL,
    change_type text COLLATE "C" NOT NULL,
    -- Place in its conversation: message ids are epoch milliseconds.
    ordinal bigint NOT NULL,
    sealed text,
    -- The other ear's copy; spare_sealed is null from the time when it can no longer be of use.
    spare_ear text,
    spare_sealed text,
    received_at bigint NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'claimed', 'done', 'parked')),
    holder integer,
    attempts integer NOT NULL DEFAULT 0,
    due_at bigint NOT NULL DEFAULT 0,
    settled_at bigint,
    code text,
    UNIQUE (tenant_id, conversation_id, reply_to_id, message_id, version, change_type)
  ) WITH (fillfactor = 80);
  CREATE INDEX notification_open ON notification (tenant_id, conversation_id, ordinal, id)
    WHERE state IN ('waiting', 'claimed');
  CREATE INDEX notification_due ON notification (due_at, ordinal, id) WHERE state = 'waiting';
  -- Of a conversation one message is in hand, over all instances.
  CREATE UNIQUE INDEX notification_in_hand ON notification (tenant_id, conversation_id) WHERE state = 'claimed';
  CREATE INDEX notification_parked ON notification (settled_at) WHERE state = 'parked';
  CREATE INDEX notification_done ON notification (settled_at, tenant_id) WHERE state = 'done';

  CREATE TABLE ledger (
    message_key text COLLATE "C" NOT NULL,
    rule text COLLATE "C" NOT NULL,
    action text COLLATE "C" NOT NULL,
    state text NOT NULL CHECK (state IN ('intended', 'unknown', 'sent', 'refused')),
    sent_id text,
    intended_at bigint NOT NULL,
    settled_at bigint,
    PRIMARY KEY (message_key, rule, action)
  );

  CREATE TABLE place (
    tenant_id text COLLATE "C" NOT NULL,
    place_id text COLLATE "C" NOT NULL,
    kind text NOT NULL CHECK (kind IN ('team', 'chat', 'personal')),
    team_id text,
    name text NOT NULL,
    service_url text NOT NULL,
    seen_at bigint NOT NULL,
    PRIMARY KEY (tenant_id, place_id)
  );
  CREATE INDEX place_newest ON place (tenant_id, seen_at);

  CREATE TABLE subscription (
    key text COLLATE "C" PRIMARY KEY,
    tenant_id text COLLATE "C" NOT NULL,
    subscription_id text COLLATE "C" UNIQUE,
    resource text COLLATE "C" NOT NULL,
    change_types text NOT NULL,
    label text NOT NULL,
    client_state_digest text NOT NULL,
    certificate_id text NOT NULL,
    notification_url text NOT NULL,
    expires_at bigint NOT NULL,
    renewed_at bigint NOT NULL,
    UNIQUE (tenant_id, resource)
  );

  CREATE TABLE look (tenant_id text COLLATE "C" PRIMARY KEY);
  `,
];
