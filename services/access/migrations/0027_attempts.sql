-- migrate:up

-- Wrong passwords count per person and source, so that a stranger does not block the right person.
CREATE TABLE access.attempt (
    user_id uuid NOT NULL REFERENCES access.login,
    source bytea NOT NULL CHECK (octet_length(source) = 32),
    attempts int NOT NULL,
    blocked_until timestamptz,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, source)
);
COMMENT ON TABLE access.attempt IS 'Passwords that were tried since the last right one, by person and source.';
COMMENT ON COLUMN access.attempt.source IS 'Keyed hash of a network address, or hash of a remembered device.';
CREATE INDEX ON access.attempt (expires_at);

CREATE TABLE access.device (
    device_sha256 bytea PRIMARY KEY CHECK (octet_length(device_sha256) = 32),
    user_id uuid NOT NULL REFERENCES access.login,
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE access.device IS 'Browsers on which a person has logged in: guesses from elsewhere do not block them.';
CREATE INDEX ON access.device (expires_at);
CREATE INDEX ON access.device (user_id);
COMMENT ON COLUMN access.factor.attempts IS
    'Since it was right for the last time; each counts before it is looked at. Of a password: from unknown devices.';

GRANT SELECT, INSERT, UPDATE, DELETE ON access.attempt TO dimona_access;
GRANT SELECT, INSERT, DELETE ON access.device TO dimona_access;

-- migrate:down
DROP TABLE access.device, access.attempt;
