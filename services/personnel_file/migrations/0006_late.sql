-- migrate:up

CREATE TABLE personnel_file.late (
    declaration_id bigint PRIMARY KEY REFERENCES personnel_file.settlements,
    kind text NOT NULL,
    rule text NOT NULL,
    employer text NOT NULL,
    employer_id bigint NOT NULL,
    ssin text NOT NULL,
    period_id bigint NOT NULL,
    worker_type text NOT NULL,
    due_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    late_after timestamptz NOT NULL,
    late_seconds bigint NOT NULL CHECK (late_seconds > 0),
    late_working_days int CHECK (late_working_days > 0),
    bears_on text[] NOT NULL
);
COMMENT ON TABLE personnel_file.late IS
    'Accepted declarations that came after they were due, as they were settled. Append-only; nobody is fined by it.';
COMMENT ON COLUMN personnel_file.late.rule IS 'The rule of the deadline, and of the earliest where several were missed.';
COMMENT ON COLUMN personnel_file.late.ssin IS 'The NISS of the worker when the declaration was settled.';
COMMENT ON COLUMN personnel_file.late.late_after IS
    'What it is judged by: the reception, or the start of our own outage where that came before (D9).';
COMMENT ON COLUMN personnel_file.late.late_working_days IS 'Only where the rule counts in working days.';
COMMENT ON COLUMN personnel_file.late.bears_on IS
    'What an inspector may look at because of it: solidarityContribution, article181, studentRegime.';
CREATE INDEX ON personnel_file.late (received_at);
CREATE INDEX ON personnel_file.late (employer, received_at);

CREATE TABLE personnel_file.late_readings (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    read_by text NOT NULL,
    read_at timestamptz NOT NULL,
    first_day date,
    last_day date,
    employer text,
    with_ssin boolean NOT NULL,
    found int NOT NULL
);
COMMENT ON TABLE personnel_file.late_readings IS
    'Who read the list of what was late, when, with which filter, and whether with the numbers of the workers.';

GRANT SELECT, INSERT ON personnel_file.late TO dimona_personnel_file;

-- migrate:down
DROP TABLE personnel_file.late_readings;
DROP TABLE personnel_file.late;
