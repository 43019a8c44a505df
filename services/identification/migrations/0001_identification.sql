-- migrate:up

CREATE TABLE identification.persons (
    ssin char(11) PRIMARY KEY,
    family_name text NOT NULL,
    given_name text NOT NULL,
    birth_date text NOT NULL,
    gender smallint NOT NULL,
    nationality int NOT NULL,
    sequence bigint NOT NULL
);
COMMENT ON TABLE identification.persons IS 'The person register, as far as its messages have told us.';
COMMENT ON COLUMN identification.persons.birth_date IS 'YYYY-MM-DD; YYYY-00-00 where day and month are unknown.';
COMMENT ON COLUMN identification.persons.sequence IS 'The register''s number of the change that told us; the highest wins.';
CREATE INDEX ON identification.persons (birth_date);

CREATE TABLE identification.cases (
    declaration_id bigint PRIMARY KEY,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'resolved', 'given_up', 'timed_out')),
    ssin text,
    birth_date text,
    declaration text NOT NULL,
    opened_at timestamptz NOT NULL,
    deadline timestamptz NOT NULL,
    closed_at timestamptz,
    CHECK ((state = 'open') = (closed_at IS NULL))
);
COMMENT ON TABLE identification.cases IS
    'Declarations whose worker was not found at once: each was answered S and ends in one of three ways.';
COMMENT ON COLUMN identification.cases.ssin IS 'The declared NISS, where there is one.';
CREATE INDEX ON identification.cases (deadline) WHERE state = 'open';
CREATE INDEX ON identification.cases (ssin) WHERE state = 'open';
CREATE INDEX ON identification.cases (birth_date) WHERE state = 'open';

SELECT platform.create_pipeline('identification', ARRAY['identify', 'register']);
GRANT SELECT, INSERT, UPDATE ON identification.persons, identification.cases TO dimona_identification;

-- migrate:down
DROP SCHEMA identification CASCADE;
