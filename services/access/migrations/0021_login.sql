-- migrate:up

-- The built-in login (docs/adr/0012). Somebody has a name to log in with, and a row for each factor.
CREATE TABLE access.login (
    user_id uuid PRIMARY KEY REFERENCES access.person,
    user_name text NOT NULL UNIQUE CHECK (user_name ~ '^[a-z0-9][a-z0-9._@+-]{2,99}$'),
    CONSTRAINT login_name_is_no_niss CHECK (user_name !~ '^[0-9]{2}[.]?[0-9]{2}[.]?[0-9]{2}-?[0-9]{3}[.]?[0-9]{2}$')
);
COMMENT ON TABLE access.login IS 'Under which name a person logs in.';

CREATE TABLE access.factor (
    user_id uuid REFERENCES access.login,
    kind text CHECK (kind IN ('password', 'totp')),
    secret text NOT NULL CHECK (CASE kind WHEN 'password' THEN secret LIKE '$argon2id$%'
                                          ELSE secret ~ '^[A-Z2-7]{32,128}$' END),
    last_step bigint NOT NULL DEFAULT 0,
    attempts int NOT NULL DEFAULT 0,
    blocked_until timestamptz,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (user_id, kind)
);
COMMENT ON TABLE access.factor IS 'With what a person logs in: the hash of a password, the secret of an authenticator.';
COMMENT ON COLUMN access.factor.last_step IS 'The time step of the last code of the authenticator: each counts once.';
COMMENT ON COLUMN access.factor.attempts IS 'Since it was right for the last time; each counts before it is looked at.';

CREATE TABLE access.redirect_uri (
    client_id text NOT NULL REFERENCES access.client,
    uri text NOT NULL CHECK (uri ~ '^[a-z][a-z0-9+.-]*:[!$-~]+$'),
    PRIMARY KEY (client_id, uri)
);
COMMENT ON TABLE access.redirect_uri IS
    'Where a client that lets persons log in gets its answer: exactly there, and nowhere else.';

CREATE TABLE access.session (
    session_sha256 bytea PRIMARY KEY CHECK (octet_length(session_sha256) = 32),
    user_id uuid NOT NULL REFERENCES access.login,
    level int NOT NULL,
    authenticated_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE access.session IS 'Who has logged in on which browser; a rise of level is a new row.';
COMMENT ON COLUMN access.session.authenticated_at IS 'When the password was given, also after a second factor.';
CREATE INDEX ON access.session (expires_at);
CREATE INDEX ON access.session (user_id);

CREATE TABLE access.code (
    code_sha256 bytea PRIMARY KEY CHECK (octet_length(code_sha256) = 32),
    client_id text NOT NULL,
    redirect_uri text NOT NULL,
    challenge text NOT NULL,
    nonce text,
    scopes text[] NOT NULL,
    user_id uuid NOT NULL,
    level int NOT NULL,
    authenticated_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE access.code IS 'Authorization codes that nobody has redeemed yet; redeeming deletes.';
CREATE INDEX ON access.code (expires_at);

GRANT SELECT ON access.login, access.redirect_uri TO dimona_access;
GRANT INSERT ON access.redirect_uri TO dimona_access;
GRANT SELECT, UPDATE (last_step, attempts, blocked_until) ON access.factor TO dimona_access;
GRANT SELECT, INSERT, DELETE ON access.session, access.code TO dimona_access;

-- migrate:down
DROP TABLE access.code, access.session, access.redirect_uri, access.factor, access.login;
