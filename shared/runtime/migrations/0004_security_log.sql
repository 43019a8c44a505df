-- migrate:up
-- Authentications and refusals of all services. A role may only add rows, and cannot choose their service.
CREATE TABLE platform.security_log (
    event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    happened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    service text NOT NULL DEFAULT current_user,
    event text NOT NULL CHECK (event IN ('password', 'totp', 'logout', 'token', 'revocation', 'refusal')),
    outcome text NOT NULL,
    subject text NOT NULL,
    client_id text,
    operation text,
    source text
);
COMMENT ON TABLE platform.security_log IS
    'Append-only: who authenticated or was refused, by pseudonym. No names, numbers of persons or addresses.';
COMMENT ON COLUMN platform.security_log.service IS 'The database role of the service that wrote it.';
COMMENT ON COLUMN platform.security_log.subject IS
    'User id or client id; of an unknown name that was typed, a keyed hash.';
COMMENT ON COLUMN platform.security_log.source IS 'Keyed hash of the network address, first 16 hexadecimal digits.';
CREATE INDEX ON platform.security_log (happened_at);
CREATE INDEX ON platform.security_log (subject, happened_at);

GRANT INSERT (event, outcome, subject, client_id, operation, source) ON platform.security_log
    TO dimona_access, dimona_notifier, dimona_contact;

-- migrate:down
DROP TABLE platform.security_log;
