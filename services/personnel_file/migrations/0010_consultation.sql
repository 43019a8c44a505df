-- migrate:up

-- Facts about a declaration for searches and for the history of a period; null for what was settled before.
ALTER TABLE personnel_file.settlements
    ADD received_at timestamptz,
    ADD channel text,
    ADD organization text;
COMMENT ON COLUMN personnel_file.settlements.organization IS 'The organization that sent the declaration.';
ALTER TABLE personnel_file.periods ADD quota_exceeded boolean;
COMMENT ON COLUMN personnel_file.periods.quota_exceeded IS
    'Whether it exceeds a quota, as the last declaration about its use found; null for one that no quota counts.';

-- Each source of a search reads one of these in its order.
CREATE INDEX periods_of_employer_by_number ON personnel_file.periods (employer, period_id);
CREATE INDEX periods_of_employer_by_start ON personnel_file.periods (employer, start_date, period_id);
CREATE INDEX periods_of_worker ON personnel_file.periods (ssin);
CREATE INDEX relations_of_employer_by_number ON personnel_file.relations (employer, relation_id);
CREATE INDEX relations_of_employer_by_start ON personnel_file.relations (employer, start_date, relation_id);

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
    personnel_file.relations_of_employer_by_start;
ALTER TABLE personnel_file.settlements
    DROP COLUMN received_at, DROP COLUMN channel, DROP COLUMN organization;
ALTER TABLE personnel_file.periods DROP COLUMN quota_exceeded;
