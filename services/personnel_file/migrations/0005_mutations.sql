-- migrate:up

-- A relation whose worker gets another NISS takes its periods along.
ALTER TABLE personnel_file.periods
    DROP CONSTRAINT periods_employer_ssin_fkey,
    ADD CONSTRAINT periods_employer_ssin_fkey
        FOREIGN KEY (employer, ssin) REFERENCES personnel_file.relations ON UPDATE CASCADE,
    ADD overlapping boolean NOT NULL DEFAULT false,
    DROP CONSTRAINT periods_do_not_overlap,
    ADD CONSTRAINT periods_do_not_overlap EXCLUDE USING gist (
        employer WITH =, ssin WITH =, features_key WITH =, span WITH &&) WHERE (NOT canceled AND NOT overlapping);
COMMENT ON COLUMN personnel_file.periods.overlapping IS
    'Came to overlap another of equal features when two numbers of the worker became one: an agent''s case.';
CREATE INDEX ON personnel_file.periods (period_id) WHERE overlapping;

COMMENT ON TABLE personnel_file.relations IS
    'First level: one row per employer and worker. Employer and start never change, the NISS only when the register '
    'replaces it; no row disappears (D32). One without periods gave them to the relation under the NISS in force.';
CREATE INDEX ON personnel_file.relations (ssin);

ALTER TABLE personnel_file.history ALTER declaration_id DROP NOT NULL;
COMMENT ON TABLE personnel_file.history IS
    'Every event of every relation; folds to its state. Append-only: when the register replaces the NISS of a relation, '
    'its rows bear the new one.';
COMMENT ON COLUMN personnel_file.history.declaration_id IS
    'The declaration it comes from; null for what registers and agents changed.';

CREATE TABLE personnel_file.former_numbers (
    ssin text PRIMARY KEY,
    in_force text NOT NULL CHECK (in_force <> ssin),
    worker text NOT NULL,
    said bigint NOT NULL
);
COMMENT ON TABLE personnel_file.former_numbers IS
    'NISS that others have replaced: what was identified under them before is settled under the one in force.';
COMMENT ON COLUMN personnel_file.former_numbers.worker IS 'The person in force.';
COMMENT ON COLUMN personnel_file.former_numbers.said IS
    'Identification''s count of what it says about numbers: the highest is true.';
CREATE INDEX ON personnel_file.former_numbers (in_force);

CREATE TABLE personnel_file.provisional_numbers (
    provisional_id bigint PRIMARY KEY,
    enterprise_number text NOT NULL,
    employer_id bigint NOT NULL
);
COMMENT ON TABLE personnel_file.provisional_numbers IS
    'Provisional employer numbers that a definitive one has replaced (R43): what was admitted under them is settled '
    'under that.';

CREATE TABLE personnel_file.locks (
    request uuid PRIMARY KEY,
    period_id bigint NOT NULL REFERENCES personnel_file.periods,
    locked boolean NOT NULL,
    set_by text NOT NULL,
    set_at timestamptz NOT NULL,
    reason text NOT NULL
);
COMMENT ON TABLE personnel_file.locks IS
    'Which agent locked or unlocked which period, when and why (00913-362). Append-only.';
CREATE INDEX ON personnel_file.locks (period_id);

CREATE TABLE personnel_file.inbox_mutate PARTITION OF personnel_file.inbox FOR VALUES IN ('mutate');

GRANT UPDATE (ssin) ON personnel_file.history TO dimona_personnel_file;
GRANT SELECT, INSERT, UPDATE, DELETE ON personnel_file.former_numbers TO dimona_personnel_file;
GRANT SELECT, INSERT, UPDATE ON personnel_file.provisional_numbers TO dimona_personnel_file;
GRANT SELECT, INSERT ON personnel_file.locks TO dimona_personnel_file;

-- migrate:down
DROP TABLE personnel_file.inbox_mutate;
DROP TABLE personnel_file.locks, personnel_file.provisional_numbers, personnel_file.former_numbers;
REVOKE UPDATE (ssin) ON personnel_file.history FROM dimona_personnel_file;
ALTER TABLE personnel_file.history ALTER declaration_id SET NOT NULL;
DROP INDEX personnel_file.relations_ssin_idx;
ALTER TABLE personnel_file.periods
    DROP CONSTRAINT periods_do_not_overlap,
    DROP COLUMN overlapping,
    ADD CONSTRAINT periods_do_not_overlap EXCLUDE USING gist (
        employer WITH =, ssin WITH =, features_key WITH =, span WITH &&) WHERE (NOT canceled),
    DROP CONSTRAINT periods_employer_ssin_fkey,
    ADD CONSTRAINT periods_employer_ssin_fkey FOREIGN KEY (employer, ssin) REFERENCES personnel_file.relations;
