-- migrate:up

CREATE DOMAIN access.enterprise_number AS text
    CONSTRAINT enterprise_number_check CHECK (
        value ~ '^[01][0-9]{9}$'
        AND 97 - substr(value, 1, 8)::int % 97 = substr(value, 9, 2)::int
    );
COMMENT ON DOMAIN access.enterprise_number IS
    'CBE number: ten digits, the last two are 97 - (first eight mod 97).';

CREATE DOMAIN access.quarter AS text
    CONSTRAINT quarter_check CHECK (value ~ '^[0-9]{4}Q[1-4]$');
COMMENT ON DOMAIN access.quarter IS
    'A quarter, 2026Q1; texts compare in the order of time.';

CREATE FUNCTION access.quarter_number(quarter text) RETURNS int
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN left(quarter, 4)::int * 4 + right(quarter, 1)::int;
COMMENT ON FUNCTION access.quarter_number IS
    'Quarters as consecutive integers, so that a span of quarters is an int4range; null for null.';

CREATE TABLE access.organization (
    enterprise_number access.enterprise_number PRIMARY KEY,
    name text NOT NULL CHECK (name <> ''),
    language text NOT NULL CHECK (language IN ('fr', 'nl', 'de'))
);
COMMENT ON TABLE access.organization IS
    'Every enterprise that is known here: an employer, a mandatary, or both at once.';

CREATE TABLE access.employer (
    enterprise_number access.enterprise_number PRIMARY KEY REFERENCES access.organization,
    employer_id bigint NOT NULL UNIQUE CHECK (
        (employer_id BETWEEN 100006 AND 199999934 OR employer_id BETWEEN 5000000120 AND 5999999989)
        AND employer_id % 97 = 96
    ),
    provincial_or_local boolean NOT NULL DEFAULT FALSE,
    active_from date NOT NULL,
    active_until date,
    CONSTRAINT employer_dates_in_order CHECK (active_until >= active_from)
);
COMMENT ON TABLE access.employer IS
    'An organization that employs people; employer_id is its NSSO number, or a provisional one (10 digits, from 5).';
COMMENT ON COLUMN access.employer.provincial_or_local IS
    'A provincial or local authority: other features are allowed and forbidden in its declarations.';
COMMENT ON COLUMN access.employer.active_until IS 'Last day of activity; null while active.';

CREATE TABLE access.mandatary (
    enterprise_number access.enterprise_number PRIMARY KEY REFERENCES access.organization,
    kind text NOT NULL CHECK (kind IN ('approved_secretariat', 'service_provider')),
    UNIQUE (enterprise_number, kind)
);
COMMENT ON TABLE access.mandatary IS
    'An organization that may act for others once they appoint it (decision D34).';

CREATE TABLE access.mandate (
    mandator access.enterprise_number REFERENCES access.employer,
    mandatary access.enterprise_number REFERENCES access.mandatary,
    application_group text NOT NULL DEFAULT 'dimona' CHECK (application_group ~ '^[a-z][a-z_]*$'),
    begin_quarter access.quarter,
    end_quarter access.quarter,
    status text NOT NULL CHECK (status IN ('pending', 'active', 'closed', 'refused')),
    PRIMARY KEY (mandator, mandatary, application_group, begin_quarter),
    CONSTRAINT mandate_to_another CHECK (mandator <> mandatary),
    CONSTRAINT mandate_quarters_in_order CHECK (end_quarter >= begin_quarter),
    CONSTRAINT mandate_once_at_a_time EXCLUDE USING gist (
        (mandator::text) WITH =,
        (mandatary::text) WITH =,
        application_group WITH =,
        int4range(access.quarter_number(begin_quarter), access.quarter_number(end_quarter), '[]') WITH &&
    ) WHERE (status = 'active') DEFERRABLE
);
COMMENT ON TABLE access.mandate IS
    'Who lets whom act for him, for which group of applications, over which quarters (both inclusive).';
COMMENT ON COLUMN access.mandate.status IS
    'Only active counts; a mandate whose end quarter is past may still be called active.';
CREATE INDEX ON access.mandate (mandatary);

CREATE TABLE access.affiliation (
    employer access.enterprise_number REFERENCES access.employer,
    valid_from date NOT NULL,
    valid_until date,
    secretariat access.enterprise_number NOT NULL,
    -- Only an approved secretariat has affiliates, and only affiliation redirects notifications (D34).
    kind text NOT NULL GENERATED ALWAYS AS ('approved_secretariat') STORED,
    PRIMARY KEY (employer, valid_from),
    CONSTRAINT affiliation_to_approved_secretariat
        FOREIGN KEY (secretariat, kind) REFERENCES access.mandatary (enterprise_number, kind),
    CONSTRAINT affiliation_to_another CHECK (employer <> secretariat),
    CONSTRAINT affiliation_dates_in_order CHECK (valid_until >= valid_from),
    CONSTRAINT affiliation_to_one_at_a_time EXCLUDE USING gist (
        (employer::text) WITH =,
        daterange(valid_from, valid_until, '[]') WITH &&
    ) DEFERRABLE
);
COMMENT ON TABLE access.affiliation IS
    'Which approved secretariat an employer is affiliated to, one at a time; both dates inclusive.';

CREATE TABLE access.client (
    client_id text PRIMARY KEY CHECK (client_id ~ '^[A-Za-z0-9_:.-]{1,128}$'),
    organization access.enterprise_number NOT NULL REFERENCES access.organization,
    queue boolean NOT NULL DEFAULT TRUE
);
COMMENT ON TABLE access.client IS
    'A technical client: the program, by its broker user, of an organization.';
COMMENT ON COLUMN access.client.queue IS 'Whether it has a reply queue, reply.<client id>.';
CREATE INDEX ON access.client (organization);

CREATE TABLE access.institution (
    institution_id text PRIMARY KEY CHECK (institution_id ~ '^[a-z][a-z0-9_]*$'),
    token_sha256 bytea NOT NULL UNIQUE CHECK (octet_length(token_sha256) = 32),
    fields text[] NOT NULL
);
COMMENT ON TABLE access.institution IS
    'An institution subscribed to the personnel file, and the hash of the token with which it pulls.';
COMMENT ON COLUMN access.institution.fields IS
    'The fields of the feed that its authorization covers; it sees no other.';

-- The published views are a contract: other services read these, and nothing else of this schema.

CREATE VIEW access.employers AS
    SELECT e.enterprise_number, e.employer_id, o.name, o.language,
           e.active_from, e.active_until, e.provincial_or_local
    FROM access.employer e JOIN access.organization o USING (enterprise_number);
COMMENT ON VIEW access.employers IS
    'Employers by enterprise number and by NSSO or provisional number, with name and language; dates inclusive.';

CREATE VIEW access.mandates AS
    SELECT mandator, mandatary, application_group, begin_quarter, end_quarter
    FROM access.mandate
    WHERE status = 'active';
COMMENT ON VIEW access.mandates IS
    'Mandates in force for the quarters begin_quarter to end_quarter (inclusive, null = open). '
    'The reader asks for application_group dimona and the quarter of the instant of reception.';

CREATE VIEW access.affiliations AS
    SELECT a.employer, a.secretariat, o.name AS secretariat_name, o.language AS secretariat_language,
           a.valid_from, a.valid_until
    FROM access.affiliation a JOIN access.organization o ON o.enterprise_number = a.secretariat;
COMMENT ON VIEW access.affiliations IS
    'Affiliations to approved secretariats, past and future ones too: the reader judges the dates (inclusive).';

CREATE VIEW access.clients AS
    SELECT c.client_id, c.organization, o.name AS organization_name, o.language, c.queue
    FROM access.client c JOIN access.organization o ON o.enterprise_number = c.organization;
COMMENT ON VIEW access.clients IS
    'Technical clients, the organization each one speaks for, and whether it has a reply queue.';

CREATE VIEW access.institutions AS
    SELECT institution_id, token_sha256, fields
    FROM access.institution;
COMMENT ON VIEW access.institutions IS
    'Subscribed institutions: hash of the token, and the fields that each may see.';

GRANT USAGE ON SCHEMA access TO dimona_intake, dimona_notifier, dimona_personnel_file;
GRANT SELECT, INSERT, UPDATE, DELETE
    ON access.organization, access.employer, access.mandatary, access.mandate, access.affiliation,
       access.client, access.institution
    TO dimona_access;
GRANT SELECT ON access.employers TO dimona_intake, dimona_notifier;
GRANT SELECT ON access.mandates TO dimona_intake;
GRANT SELECT ON access.affiliations TO dimona_notifier;
GRANT SELECT ON access.clients TO dimona_intake, dimona_notifier;
GRANT SELECT ON access.institutions TO dimona_personnel_file;

-- migrate:down

DROP VIEW access.institutions, access.clients, access.affiliations, access.mandates, access.employers;
DROP TABLE access.institution, access.client, access.affiliation, access.mandate, access.mandatary,
           access.employer, access.organization;
DROP FUNCTION access.quarter_number;
DROP DOMAIN access.quarter, access.enterprise_number;
REVOKE USAGE ON SCHEMA access FROM dimona_intake, dimona_notifier, dimona_personnel_file;
