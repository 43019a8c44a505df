-- migrate:up

-- As text: a char(11) is not found by its index when the number asked for is a text.
ALTER TABLE identification.persons
    ALTER COLUMN ssin TYPE text,
    ADD COLUMN replaced_by text,
    ADD COLUMN deceased_on text,
    ADD COLUMN street text,
    ADD COLUMN post_code text,
    ADD COLUMN municipality int,
    ADD COLUMN name_key text NOT NULL DEFAULT '';
COMMENT ON COLUMN identification.persons.replaced_by IS 'The NISS that has taken the place of this one.';
COMMENT ON COLUMN identification.persons.municipality IS 'NIS code of the home.';
COMMENT ON COLUMN identification.persons.name_key IS
    'Year of birth and the first letters of the family name; empty until the register tells of the person again.';
CREATE INDEX ON identification.persons (name_key);
CREATE INDEX ON identification.persons (replaced_by) WHERE replaced_by IS NOT NULL;

ALTER TABLE identification.cases ADD COLUMN keys text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN identification.cases.keys IS
    'Without a declared NISS: the birth dates and name keys of the persons who could be the worker.';
UPDATE identification.cases SET keys = ARRAY[birth_date] WHERE ssin IS NULL AND birth_date IS NOT NULL;
ALTER TABLE identification.cases DROP COLUMN birth_date;
CREATE INDEX ON identification.cases USING gin (keys) WHERE state = 'open';

CREATE TABLE identification.case_history (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    declaration_id bigint NOT NULL REFERENCES identification.cases,
    event text NOT NULL CHECK (event IN ('opened', 'resolved', 'given_up', 'timed_out')),
    reason text NOT NULL,
    recorded_at timestamptz NOT NULL
);
COMMENT ON TABLE identification.case_history IS 'What became of each case, in order. Append-only; nobody''s identity.';
COMMENT ON COLUMN identification.case_history.reason IS
    'opened: unknown_number, deceased, nobody, ambiguous; after that who ended it: register, operator, deadline.';
CREATE INDEX ON identification.case_history (declaration_id);
GRANT SELECT, INSERT ON identification.case_history TO dimona_identification;

-- migrate:down
DROP TABLE identification.case_history;
ALTER TABLE identification.cases ADD COLUMN birth_date text;
ALTER TABLE identification.cases DROP COLUMN keys;
CREATE INDEX ON identification.cases (birth_date) WHERE state = 'open';
DROP INDEX identification.persons_name_key_idx, identification.persons_replaced_by_idx;
ALTER TABLE identification.persons
    DROP COLUMN replaced_by, DROP COLUMN deceased_on, DROP COLUMN street, DROP COLUMN post_code,
    DROP COLUMN municipality, DROP COLUMN name_key, ALTER COLUMN ssin TYPE char(11);
