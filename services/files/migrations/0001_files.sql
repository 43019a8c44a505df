-- migrate:up
-- Files of expeditors, their forms and results, and the files with the answers (ADR 28).
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'dimona_files') THEN
        CREATE ROLE dimona_files LOGIN;
    END IF;
END $$;
CREATE SCHEMA files;
GRANT USAGE ON SCHEMA files, platform, access TO dimona_files;

CREATE TABLE files.expeditors (
    expeditor text PRIMARY KEY CHECK (expeditor ~ '^\d{6}$' AND expeditor <> '999999'),
    client_id text NOT NULL UNIQUE,
    public_key text NOT NULL,
    added_at timestamptz NOT NULL DEFAULT platform.now(),
    blocked_at timestamptz
);
COMMENT ON TABLE files.expeditors IS
    'Senders of files: the technical client for which each declares, and its SSH key. A blocked one cannot log in.';

CREATE SEQUENCE files.tickets MAXVALUE 131621703842267135;  -- the largest number with eleven digits in base 36
CREATE TABLE files.files (
    ticket text PRIMARY KEY,
    expeditor text NOT NULL REFERENCES files.expeditors,
    client_id text NOT NULL,
    name text NOT NULL,
    sha256 bytea NOT NULL,
    bytes bigint NOT NULL,
    environment text NOT NULL CHECK (environment IN ('R', 'T', 'S')),
    channel text NOT NULL CHECK (channel IN ('sftp', 'http')),
    received_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'received' CHECK (state IN ('received', 'accepted', 'refused', 'canceled')),
    errors text[] NOT NULL DEFAULT '{}',
    forms int NOT NULL DEFAULT 0,
    stored int NOT NULL DEFAULT 0,
    submitted int NOT NULL DEFAULT 0,
    answered int NOT NULL DEFAULT 0,
    final int NOT NULL DEFAULT 0,
    acknowledged_at timestamptz,
    UNIQUE (expeditor, name, sha256),
    CHECK (final <= answered AND answered <= submitted AND submitted <= stored AND submitted <= forms),
    CHECK ((state = 'refused') = (errors <> '{}'))
);
COMMENT ON TABLE files.files IS 'Each file that was received, once: a repeat with equal name and content has no row.';
COMMENT ON COLUMN files.files.errors IS 'Official codes of the reasons to refuse the whole file.';
COMMENT ON COLUMN files.files.stored IS 'Forms with a row, in order of their numbers, up to this one.';
COMMENT ON COLUMN files.files.submitted IS 'Forms were sent to intake in order of their numbers, up to this one.';
COMMENT ON COLUMN files.files.answered IS 'Forms with an answer, provisional or final.';
CREATE INDEX ON files.files (received_at) WHERE state = 'received';
CREATE INDEX ON files.files (received_at) WHERE state IN ('accepted', 'canceled') AND final < forms;
CREATE INDEX ON files.files (received_at) WHERE state = 'accepted' AND stored < forms;
CREATE INDEX ON files.files (client_id, received_at);

CREATE TABLE files.forms (
    ticket text NOT NULL REFERENCES files.files,
    number int NOT NULL CHECK (number > 0),
    form text NOT NULL,
    PRIMARY KEY (ticket, number)
);
COMMENT ON TABLE files.forms IS 'The forms of files, as JSON of the reader: head, references, places, declaration or anomalies.';

CREATE SEQUENCE files.answer_numbers;
CREATE TABLE files.answers (
    answer bigint PRIMARY KEY,
    ticket text NOT NULL REFERENCES files.files,
    expeditor text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('ACRF', 'NOTI')),
    folder text NOT NULL,
    decided_at timestamptz NOT NULL,
    written_at timestamptz
);
COMMENT ON TABLE files.answers IS 'Files to write into the folders of expeditors; without written_at it is still to do.';
CREATE INDEX ON files.answers (answer) WHERE written_at IS NULL;
CREATE INDEX ON files.answers (ticket, answer);

CREATE TABLE files.results (
    ticket text NOT NULL,
    number int NOT NULL,
    final boolean NOT NULL,
    notification bytea NOT NULL,
    recorded_at timestamptz NOT NULL,
    answer bigint REFERENCES files.answers,
    PRIMARY KEY (ticket, number, final),
    FOREIGN KEY (ticket, number) REFERENCES files.forms
);
COMMENT ON TABLE files.results IS 'The notification of each form: at most a provisional one and a final one.';
COMMENT ON COLUMN files.results.answer IS 'The NOTI file that contains it; null until one is decided.';
CREATE INDEX ON files.results (ticket, recorded_at) WHERE answer IS NULL;
CREATE INDEX ON files.results (answer, number, final);

SELECT platform.create_pipeline('files', ARRAY['answers']);
CREATE TABLE intake.inbox_forms PARTITION OF intake.inbox FOR VALUES IN ('forms');

GRANT SELECT ON files.expeditors TO dimona_files;
GRANT SELECT, INSERT ON files.files, files.forms, files.answers, files.results TO dimona_files;
GRANT UPDATE (state, errors, forms, stored, submitted, answered, final, acknowledged_at) ON files.files TO dimona_files;
GRANT UPDATE (written_at) ON files.answers TO dimona_files;
GRANT UPDATE (answer) ON files.results TO dimona_files;
GRANT USAGE ON SEQUENCE files.tickets, files.answer_numbers TO dimona_files;
GRANT SELECT ON access.clients, access.revoked TO dimona_files;

-- migrate:down
DROP TABLE intake.inbox_forms;
REVOKE ALL ON access.clients, access.revoked FROM dimona_files;
REVOKE USAGE ON SCHEMA platform, access FROM dimona_files;
DROP SCHEMA files CASCADE;
