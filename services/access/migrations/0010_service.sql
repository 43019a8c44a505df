-- migrate:up

-- Access runs: what it tells the other services leaves through an outbox of its own.
SELECT platform.create_pipeline('access', ARRAY[]::text[]);

CREATE TABLE access.person (
    user_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    ssin char(11) NOT NULL UNIQUE,
    family_name text NOT NULL CHECK (family_name <> ''),
    given_name text NOT NULL CHECK (given_name <> ''),
    language text NOT NULL CHECK (language IN ('fr', 'nl', 'de', 'en')),
    phone text,
    email text
);
COMMENT ON TABLE access.person IS
    'Everybody who logs in: access managers, users, agents. Outside, and in tokens, only user_id is told.';

CREATE TABLE access.granted (
    grant_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    enterprise_number access.enterprise_number NOT NULL REFERENCES access.organization,
    user_id uuid NOT NULL REFERENCES access.person,
    what text NOT NULL CHECK (what IN ('accessManagement', 'userManagement', 'declare', 'consult', 'ebox',
        'eboxManagement', 'contest', 'agent', 'privacy')),
    message_type text CHECK (message_type IS NULL OR what = 'ebox'),
    granted_at timestamptz NOT NULL DEFAULT platform.now(),
    granted_by uuid REFERENCES access.person,
    revoked_at timestamptz,
    revoked_by uuid REFERENCES access.person
);
COMMENT ON TABLE access.granted IS
    'What each person may do for each enterprise: a row per right, kept when it is taken back.';
COMMENT ON COLUMN access.granted.message_type IS 'Which messages of the e-Box; null: all of them.';
CREATE UNIQUE INDEX ON access.granted (user_id, enterprise_number, what, coalesce(message_type, ''))
    WHERE revoked_at IS NULL;
CREATE INDEX ON access.granted (enterprise_number) WHERE revoked_at IS NULL;

CREATE TABLE access.ebox (
    enterprise_number access.enterprise_number PRIMARY KEY REFERENCES access.organization,
    opened_at timestamptz NOT NULL DEFAULT platform.now()
);
COMMENT ON TABLE access.ebox IS
    'The e-Box of each registered enterprise, made in the transaction of its registration; its messages are the notifier''s.';

CREATE VIEW access.rights AS
    SELECT user_id, enterprise_number, what, message_type FROM access.granted WHERE revoked_at IS NULL;
COMMENT ON VIEW access.rights IS
    'What each person may do for each enterprise now; the reader asks on every request.';

CREATE VIEW access.eboxes AS
    SELECT b.enterprise_number, b.opened_at, o.name, o.language
    FROM access.ebox b JOIN access.organization o USING (enterprise_number);
COMMENT ON VIEW access.eboxes IS 'Every e-Box, with the name and language of its enterprise.';

INSERT INTO access.ebox (enterprise_number) SELECT enterprise_number FROM access.employer;

GRANT SELECT, INSERT, UPDATE ON access.person, access.granted TO dimona_access;
GRANT SELECT, INSERT ON access.ebox TO dimona_access;
GRANT SELECT ON access.rights, access.eboxes TO dimona_notifier;

-- migrate:down
DROP VIEW access.eboxes, access.rights;
DROP TABLE access.ebox, access.granted, access.person;
DROP TABLE access.inbox, access.suspects, access.outbox, access.deliveries, access.set_aside;
