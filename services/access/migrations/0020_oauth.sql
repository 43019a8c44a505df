-- migrate:up

-- Technical clients prove who they are with keys of their own (wire-contract §2).
CREATE TABLE access.client_key (
    client_id text NOT NULL REFERENCES access.client,
    key_id text NOT NULL CHECK (key_id ~ '^[A-Za-z0-9_-]{43}$'),
    jwk jsonb NOT NULL CHECK (NOT jwk ? 'd'),
    valid_from timestamptz NOT NULL,
    valid_until timestamptz,
    added_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    added_by uuid REFERENCES access.person,
    revoked_at timestamptz,
    revoked_by uuid REFERENCES access.person,
    PRIMARY KEY (client_id, key_id),
    CONSTRAINT client_key_dates_in_order CHECK (valid_until > valid_from)
);
COMMENT ON TABLE access.client_key IS
    'Public keys of technical clients, past ones too; at most two at any time, so that one can take over from the other.';
COMMENT ON COLUMN access.client_key.key_id IS 'SHA-256 thumbprint of the key (RFC 7638).';
COMMENT ON COLUMN access.client_key.added_by IS 'The access manager who did; null: an operator.';

CREATE FUNCTION access.add_client_key(
    owner text, thumbprint text, public_key jsonb, since timestamptz, until timestamptz, manager uuid
) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM access.client WHERE client_id = owner FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 'unknownClient';
    END IF;
    IF EXISTS (SELECT FROM access.client_key k WHERE k.client_id = owner AND k.key_id = thumbprint) THEN
        RETURN 'known';
    END IF;
    IF 2 <= (SELECT count(*) FROM access.client_key k
             WHERE k.client_id = owner AND k.revoked_at IS NULL
               AND tstzrange(k.valid_from, k.valid_until) && tstzrange(since, until)) THEN
        RETURN 'full';
    END IF;
    INSERT INTO access.client_key (client_id, key_id, jwk, valid_from, valid_until, added_by)
    VALUES (owner, thumbprint, public_key, since, until, manager);
    RETURN 'added';
END $$;
COMMENT ON FUNCTION access.add_client_key IS
    'Registers a key: added, known (this client has or had it), full (two others at that time), unknownClient.';

CREATE TABLE access.client_scope (
    client_id text NOT NULL REFERENCES access.client,
    grant_type text NOT NULL CHECK (grant_type IN ('client_credentials', 'authorization_code')),
    scope text NOT NULL CHECK (scope ~ '^[\x21\x23-\x5B\x5D-\x7E]{1,100}$'),
    PRIMARY KEY (client_id, grant_type, scope)
);
COMMENT ON TABLE access.client_scope IS
    'Scopes that a client may have beyond the default ones: for itself, or for the persons who log in through it.';

-- Assertions that were used, until they would have expired anyway.
CREATE TABLE access.assertion (
    client_id text NOT NULL,
    jti_sha256 bytea NOT NULL CHECK (octet_length(jti_sha256) = 32),
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, jti_sha256)
);
COMMENT ON TABLE access.assertion IS 'Assertions that were used: each counts once (jti).';
CREATE INDEX ON access.assertion (expires_at);

GRANT SELECT, INSERT, UPDATE ON access.client_key TO dimona_access;
GRANT SELECT, INSERT, DELETE ON access.client_scope, access.assertion TO dimona_access;

-- migrate:down
DROP TABLE access.assertion, access.client_scope;
DROP FUNCTION access.add_client_key;
DROP TABLE access.client_key;
