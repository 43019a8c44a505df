-- migrate:up
-- Looks at personal data that no table of their service records: e-Box messages, answers of files, users, parked messages.
DO $$
BEGIN
    -- Its own migrations come later and find the role.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'dimona_files') THEN
        CREATE ROLE dimona_files LOGIN;
    END IF;
END $$;
CREATE TABLE platform.looks (
    look_id bigint GENERATED ALWAYS AS IDENTITY,
    looked_at timestamptz NOT NULL DEFAULT platform.now(),
    login text NOT NULL DEFAULT session_user,
    operation text NOT NULL,
    reader text NOT NULL,
    client_id text,
    organizations text[] NOT NULL,
    about text,
    reason text
) PARTITION BY RANGE (looked_at);
COMMENT ON TABLE platform.looks IS
    'Looks at personal data, in the transaction that shows them. Append-only. No number of a person.';
COMMENT ON COLUMN platform.looks.login IS 'The login at the database: the role of a service, or an operator.';
COMMENT ON COLUMN platform.looks.reader IS 'User id of a person, id of a technical client, or login of an operator.';
COMMENT ON COLUMN platform.looks.client_id IS 'The program through which a person acts.';
COMMENT ON COLUMN platform.looks.organizations IS 'Enterprise numbers for which it looked; empty: all its own.';
COMMENT ON COLUMN platform.looks.about IS 'Id of the message, file or parked message; null for a list.';
COMMENT ON COLUMN platform.looks.reason IS 'The reason that an operator or agent typed.';
CREATE INDEX ON platform.looks (reader, looked_at);
CREATE INDEX ON platform.looks (about);
-- Rows of a month without partition. It stays empty, for a row in it prevents the partition of its month.
CREATE TABLE platform.looks_other PARTITION OF platform.looks DEFAULT;
SELECT platform.make_partitions();
GRANT INSERT (operation, reader, client_id, organizations, about, reason) ON platform.looks
    TO dimona_access, dimona_contact, dimona_files, dimona_notifier;

-- migrate:down
DROP TABLE platform.looks;
