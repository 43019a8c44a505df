-- migrate:up

-- A login has an id, which its tokens carry (`sid`): a logout ends them before their time.
ALTER TABLE access.session ADD login_id uuid NOT NULL DEFAULT gen_random_uuid();
ALTER TABLE access.code ADD login_id uuid NOT NULL DEFAULT gen_random_uuid();
COMMENT ON COLUMN access.session.login_id IS 'Stays when a second factor raises the session.';

CREATE TABLE access.revocation (
    id text PRIMARY KEY,
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE access.revocation IS 'Logins (`sid`) and access tokens (`jti`) that ended before their time.';
CREATE INDEX ON access.revocation (expires_at);
CREATE VIEW access.revoked AS SELECT id FROM access.revocation;
COMMENT ON VIEW access.revoked IS 'Ids of logins and tokens that count no longer; the reader asks on every request.';

-- The secret of an authenticator is stored in clear until the service has sealed it.
ALTER TABLE access.factor DROP CONSTRAINT factor_check;
ALTER TABLE access.factor ADD CONSTRAINT factor_check CHECK (
    CASE kind WHEN 'password' THEN secret LIKE '$argon2id$%'
              ELSE secret ~ '^([A-Z2-7]{32,128}|v1[.][A-Za-z0-9_-]+)$' END);

GRANT SELECT, INSERT, DELETE ON access.revocation TO dimona_access;
GRANT SELECT ON access.revoked TO dimona_access, dimona_notifier, dimona_contact;
GRANT UPDATE (secret) ON access.factor TO dimona_access;

-- migrate:down
REVOKE UPDATE (secret) ON access.factor FROM dimona_access;
DROP VIEW access.revoked;
DROP TABLE access.revocation;
ALTER TABLE access.code DROP COLUMN login_id;
ALTER TABLE access.session DROP COLUMN login_id;
