-- migrate:up
-- The sessions of the portal (ADR 33). All that a session holds is sealed; the times allow to delete it.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'dimona_portal') THEN
        CREATE ROLE dimona_portal LOGIN;
    END IF;
END $$;
CREATE SCHEMA portal;
GRANT USAGE ON SCHEMA portal, platform TO dimona_portal;

CREATE TABLE portal.session (
    id_sha256 bytea PRIMARY KEY CHECK (length(id_sha256) = 32),
    sealed text NOT NULL,
    began_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    used_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE portal.session IS 'Logins at the portal that have not ended.';
COMMENT ON COLUMN portal.session.id_sha256 IS 'SHA-256 of the id in the cookie.';
COMMENT ON COLUMN portal.session.sealed IS 'Token, enterprise and waiting request; sealed for this row.';
COMMENT ON COLUMN portal.session.began_at IS 'Login; the session ends eight hours later at the latest.';
COMMENT ON COLUMN portal.session.used_at IS 'Last request; the session ends half an hour later.';
CREATE INDEX ON portal.session (used_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON portal.session TO dimona_portal;

-- Persons declare through the portal: intake reads their rights (ADR 33).
GRANT SELECT ON access.rights TO dimona_intake;

-- migrate:down
REVOKE SELECT ON access.rights FROM dimona_intake;
DROP SCHEMA portal CASCADE;
DROP OWNED BY dimona_portal;
