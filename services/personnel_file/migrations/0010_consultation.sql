-- migrate:up

-- Facts about a declaration for searches and for the history of a period; null for what was settled before.
ALTER TABLE personnel_file.settlements
    ADD received_at timestamptz,
    ADD channel text,
    ADD organization text;
COMMENT ON COLUMN personnel_file.settlements.organization IS 'The organization that sent the declaration.';
ALTER TABLE personnel_file.periods
    ADD quota_exceeded boolean,
    ADD received_on date,
    ADD sub_entity text,
    ADD user_number text;
UPDATE personnel_file.periods
SET sub_entity = features::json ->> 'sub_entity',
    user_number = features::json #>> '{using_employer,enterprise_number}'
WHERE features::json ->> 'sub_entity' IS NOT NULL
    OR features::json #>> '{using_employer,enterprise_number}' IS NOT NULL;
COMMENT ON COLUMN personnel_file.periods.quota_exceeded IS
    'Whether it exceeds a quota, as the last declaration about its use found; null for one that no quota counts.';

COMMENT ON COLUMN personnel_file.periods.received_on IS
    'Belgian day on which its IN was received; null for what was settled before.';
COMMENT ON COLUMN personnel_file.periods.sub_entity IS 'Of the features.';
COMMENT ON COLUMN personnel_file.periods.user_number IS 'The enterprise number of the user undertaking, of the features.';

-- Each source of a search reads one of these in its order.
CREATE INDEX periods_of_employer_by_number ON personnel_file.periods (employer, period_id);
CREATE INDEX periods_of_employer_by_start ON personnel_file.periods (employer, start_date, period_id);
CREATE INDEX periods_of_worker ON personnel_file.periods (ssin);
CREATE INDEX relations_of_employer_by_number ON personnel_file.relations (employer, relation_id);
CREATE INDEX relations_of_employer_by_start ON personnel_file.relations (employer, start_date, relation_id);

-- What few periods of an employer may have. Partial ones cost settling nothing for the other periods.
CREATE INDEX periods_of_employer_by_end ON personnel_file.periods (employer, end_date, period_id);
CREATE INDEX periods_late ON personnel_file.periods (employer, period_id) WHERE late;
CREATE INDEX periods_locked ON personnel_file.periods (employer, period_id) WHERE locked;
CREATE INDEX periods_canceled ON personnel_file.periods (employer, period_id) WHERE canceled;
CREATE INDEX periods_beyond_a_quota ON personnel_file.periods (employer, period_id) WHERE quota_exceeded;
CREATE INDEX periods_of_sub_entity ON personnel_file.periods (employer, sub_entity, period_id)
    WHERE sub_entity IS NOT NULL;
CREATE INDEX periods_of_user ON personnel_file.periods (employer, user_number, period_id)
    WHERE user_number IS NOT NULL;
CREATE INDEX relations_by_name ON personnel_file.relations
    (employer, lower(worker::json ->> 'familyName') COLLATE "C");

CREATE TABLE personnel_file.consultations (
    seq bigint GENERATED ALWAYS AS IDENTITY,
    read_at timestamptz NOT NULL,
    operation text NOT NULL,
    reader text NOT NULL,
    client_id text,
    employer text,
    worker text,
    criteria text[] NOT NULL,
    counted boolean NOT NULL,
    relations bigint[] NOT NULL,
    refused text
) PARTITION BY RANGE (read_at);
COMMENT ON TABLE personnel_file.consultations IS
    'Each look into the personnel file, in the transaction that answers, and each refused one. Append-only.';
COMMENT ON COLUMN personnel_file.consultations.reader IS 'User id of a person, or id of a technical client.';
COMMENT ON COLUMN personnel_file.consultations.client_id IS 'The program through which a person acts.';
COMMENT ON COLUMN personnel_file.consultations.employer IS 'The enterprise number that was asked for; null for none.';
COMMENT ON COLUMN personnel_file.consultations.worker IS
    'Keyed code of the NISS in force of the worker that was asked for, or whose period was read; null for several.';
COMMENT ON COLUMN personnel_file.consultations.counted IS 'Whether the rows of all pages were counted.';
COMMENT ON COLUMN personnel_file.consultations.criteria IS 'The names of the criteria; values may identify a person.';
COMMENT ON COLUMN personnel_file.consultations.relations IS 'Public identifiers of the relations that were shown.';
COMMENT ON COLUMN personnel_file.consultations.refused IS 'Reason of a refusal.';
CREATE INDEX ON personnel_file.consultations (reader, read_at);
-- Rows of a month without partition. It stays empty, for a row in it prevents the partition of its month.
CREATE TABLE personnel_file.consultations_other PARTITION OF personnel_file.consultations DEFAULT;
SELECT platform.make_partitions();

GRANT SELECT, INSERT ON personnel_file.consultations TO dimona_personnel_file;

-- migrate:down
DROP TABLE personnel_file.consultations;
DROP INDEX personnel_file.periods_of_employer_by_number, personnel_file.periods_of_employer_by_start,
    personnel_file.periods_of_worker, personnel_file.relations_of_employer_by_number,
    personnel_file.relations_of_employer_by_start, personnel_file.periods_of_employer_by_end,
    personnel_file.periods_late, personnel_file.periods_locked, personnel_file.periods_canceled,
    personnel_file.relations_by_name;
ALTER TABLE personnel_file.settlements
    DROP COLUMN received_at, DROP COLUMN channel, DROP COLUMN organization;
ALTER TABLE personnel_file.periods
    DROP COLUMN quota_exceeded, DROP COLUMN received_on, DROP COLUMN sub_entity, DROP COLUMN user_number;
