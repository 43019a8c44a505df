-- migrate:up

CREATE SEQUENCE intake.dimona_sequence;
COMMENT ON SEQUENCE intake.dimona_sequence IS 'A keyed permutation turns its values into Dimona numbers (D17).';

CREATE TABLE intake.declarations (
    number bigint PRIMARY KEY,
    client_id text NOT NULL,
    organization text NOT NULL,
    channel text NOT NULL,
    message_id text NOT NULL,
    message_source text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('in', 'out', 'update', 'cancel')),
    declared text NOT NULL,
    received_at timestamptz NOT NULL,
    late_after timestamptz NOT NULL,
    broker_stamp timestamptz,
    employer text,
    employer_id bigint,
    ssin text,
    order_key text,
    previous bigint
);
COMMENT ON TABLE intake.declarations IS 'Every declaration as received; append-only.';
COMMENT ON COLUMN intake.declarations.received_at IS 'The legal instant of reception; never rewritten (D9).';
COMMENT ON COLUMN intake.declarations.late_after IS
    'The instant lateness is judged by: reception, or the start of an outage of our own that it waited out.';
COMMENT ON COLUMN intake.declarations.employer IS
    'Enterprise number of the employer; null when intake refused the declaration.';
COMMENT ON COLUMN intake.declarations.order_key IS 'Keyed hash of employer and worker; null when refused (D1).';
CREATE INDEX ON intake.declarations (received_at);
CREATE INDEX ON intake.declarations (order_key);

CREATE TABLE intake.commands (
    client_id text NOT NULL,
    message_id text NOT NULL,
    body_sha256 bytea NOT NULL,
    number bigint NOT NULL UNIQUE,
    PRIMARY KEY (client_id, message_id)
);
COMMENT ON TABLE intake.commands IS
    'What each client has sent, by its own message id: a repeat is answered again and has no effect.';
COMMENT ON COLUMN intake.commands.number IS
    'The Dimona number set aside for it; no declaration has it when it was answered with a problem.';

CREATE TABLE intake.problems (
    client_id text NOT NULL,
    message_id text NOT NULL,
    body_sha256 bytea NOT NULL,
    event_id uuid NOT NULL,
    event text NOT NULL,
    PRIMARY KEY (client_id, message_id, body_sha256)
);
COMMENT ON TABLE intake.problems IS 'Problem replies as sent, to send the same again.';

CREATE TABLE intake.results (
    number bigint NOT NULL REFERENCES intake.declarations,
    final boolean NOT NULL,
    result char(1) NOT NULL,
    answer text NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (number, final),
    CHECK (final = (result IN ('A', 'W', 'B')) AND result IN ('A', 'W', 'B', 'S'))
);
COMMENT ON TABLE intake.results IS
    'At most one S and exactly one final result; append-only, so a result never goes back (D2).';

CREATE TABLE intake.chains (
    order_key text PRIMARY KEY,
    last bigint NOT NULL
);
COMMENT ON TABLE intake.chains IS 'The number admitted last under each order key (D1).';

CREATE TABLE intake.heartbeat (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    beat_at timestamptz NOT NULL
);
CREATE TABLE intake.outages (
    began_at timestamptz PRIMARY KEY,
    ended_at timestamptz NOT NULL CHECK (ended_at > began_at)
);
COMMENT ON TABLE intake.outages IS 'When intake itself was away: nobody is late because of it (D9).';

SELECT platform.create_pipeline('intake', ARRAY['results']);
GRANT USAGE ON SEQUENCE intake.dimona_sequence TO dimona_intake;
GRANT SELECT, INSERT ON intake.commands, intake.declarations, intake.results, intake.problems, intake.outages
    TO dimona_intake;
GRANT SELECT, INSERT, UPDATE ON intake.chains, intake.heartbeat TO dimona_intake;

-- migrate:down
DROP SCHEMA intake CASCADE;
