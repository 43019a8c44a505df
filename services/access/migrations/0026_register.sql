-- migrate:up

-- Enterprises and their representatives, as the Crossroads Bank for Enterprises has them.
CREATE TABLE access.enterprise (
    enterprise_number access.enterprise_number PRIMARY KEY,
    name text NOT NULL CHECK (name <> ''),
    representatives text[] NOT NULL,
    ended_on date,
    sequence bigint NOT NULL
);
COMMENT ON TABLE access.enterprise IS
    'The register of enterprises: it decides whether a person may register an employer at once.';
COMMENT ON COLUMN access.enterprise.representatives IS 'NISS of the persons that represent the enterprise.';
COMMENT ON COLUMN access.enterprise.sequence IS 'The register''s own number of the last change; 0 for a file.';

CREATE TABLE access.registration (
    registration_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    enterprise_number access.enterprise_number NOT NULL,
    registrant uuid NOT NULL REFERENCES access.person,
    requested jsonb NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT platform.now(),
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'accepted', 'refused')),
    decided_at timestamptz,
    decided_by uuid REFERENCES access.person,
    CONSTRAINT registration_decided CHECK ((status = 'pending') = (decided_at IS NULL))
);
COMMENT ON TABLE access.registration IS
    'Registrations that the register did not confirm. Until a decision there is no employer, client or e-Box.';
COMMENT ON COLUMN access.registration.decided_by IS 'The agent; null: a later change of the register.';
CREATE UNIQUE INDEX ON access.registration (enterprise_number, registrant) WHERE status = 'pending';
CREATE INDEX ON access.registration (registrant) WHERE status = 'pending';
CREATE INDEX ON access.registration (registration_id) WHERE status = 'pending';

CREATE TABLE access.inbox_register PARTITION OF access.inbox FOR VALUES IN ('register');

GRANT SELECT, INSERT, UPDATE ON access.enterprise TO dimona_access;
GRANT SELECT, INSERT, UPDATE (status, decided_at, decided_by) ON access.registration TO dimona_access;

-- migrate:down

DROP TABLE access.inbox_register;
DROP TABLE access.registration, access.enterprise;
