-- migrate:up

CREATE TABLE notifier.subscriptions (
    subscription_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    enterprise_number text NOT NULL,
    channel text NOT NULL CHECK (channel IN ('webhook', 'file')),
    url text CHECK ((url IS NOT NULL) = (channel = 'webhook')),
    secrets text[] NOT NULL DEFAULT '{}' CHECK (cardinality(secrets) <= 2),
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    ended_at timestamptz,
    ended_by text,
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
COMMENT ON TABLE notifier.subscriptions IS
    'Where an addressee wants its notifications besides its e-Box and queue; one of each channel at a time.';
COMMENT ON COLUMN notifier.subscriptions.secrets IS 'The newest first; two while they are being changed.';
COMMENT ON COLUMN notifier.subscriptions.created_by IS 'Subject of the token: user id or client id.';
CREATE UNIQUE INDEX ON notifier.subscriptions (enterprise_number, channel) WHERE ended_at IS NULL;

CREATE TABLE notifier.lanes (
    subscription_id uuid PRIMARY KEY REFERENCES notifier.subscriptions,
    failures int NOT NULL DEFAULT 0,
    closed_until timestamptz,
    leased_until timestamptz NOT NULL DEFAULT '-infinity'
);
COMMENT ON TABLE notifier.lanes IS 'Whether a recipient can be reached, and which process serves it just now.';
COMMENT ON COLUMN notifier.lanes.failures IS 'Attempts in a row that did not reach it.';
COMMENT ON COLUMN notifier.lanes.leased_until IS 'By the real clock, which no test moves.';

CREATE TABLE notifier.dispatches (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subscription_id uuid NOT NULL REFERENCES notifier.subscriptions,
    event_id uuid NOT NULL,
    declaration_id bigint NOT NULL,
    event text NOT NULL,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'exhausted')),
    first_due timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    attempts int NOT NULL DEFAULT 0,
    batch bigint,
    reason text,
    changed_at timestamptz NOT NULL,
    UNIQUE (subscription_id, event_id)
);
COMMENT ON TABLE notifier.dispatches IS
    'What is delivered by webhook or file: tried for three days, then exhausted, never dropped (D5).';
COMMENT ON COLUMN notifier.dispatches.event_id IS 'The key by which the recipient knows a repeat.';
COMMENT ON COLUMN notifier.dispatches.batch IS 'The file it is in: decided before the file is written.';
COMMENT ON COLUMN notifier.dispatches.reason IS 'Why the last attempt failed, in our own words.';
CREATE INDEX ON notifier.dispatches (subscription_id, due_at) WHERE state = 'pending';
CREATE INDEX ON notifier.dispatches (subscription_id, declaration_id, seq) WHERE state = 'pending';
CREATE INDEX ON notifier.dispatches (state) WHERE state = 'exhausted';
CREATE SEQUENCE notifier.files;
COMMENT ON SEQUENCE notifier.files IS 'Numbers of notification files.';

GRANT SELECT, INSERT, UPDATE ON notifier.subscriptions, notifier.lanes, notifier.dispatches TO dimona_notifier;
GRANT USAGE ON notifier.files TO dimona_notifier;

-- migrate:down
DROP TABLE notifier.dispatches, notifier.lanes, notifier.subscriptions;
DROP SEQUENCE notifier.files;
