-- migrate:up

-- Worked days that wages, presence registers and inspectors show, compared with the declarations (ADR 32).
CREATE TABLE personnel_file.omission_files (
    file_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sha256 bytea NOT NULL UNIQUE CHECK (length(sha256) = 32),
    days int NOT NULL CHECK (days > 0),
    imported_at timestamptz NOT NULL,
    imported_by text NOT NULL
);
COMMENT ON TABLE personnel_file.omission_files IS 'Imported files of findings, each content once. Append-only.';
COMMENT ON COLUMN personnel_file.omission_files.days IS 'Number of findings in the file.';

CREATE TABLE personnel_file.omission_findings (
    file_id bigint NOT NULL,
    line int NOT NULL,
    employer text NOT NULL,
    ssin text NOT NULL,
    day date NOT NULL,
    start_hour time,
    end_hour time,
    status text,
    source text NOT NULL CHECK (source IN ('wages', 'presence', 'inspector')),
    reference text NOT NULL,
    found_at timestamptz NOT NULL,
    PRIMARY KEY (file_id, line)
);
COMMENT ON TABLE personnel_file.omission_findings IS
    'One row per worked day of a worker, as its source gave it. Append-only; one COPY writes a file with its row.';
COMMENT ON COLUMN personnel_file.omission_findings.ssin IS 'NISS as the source gave it, also when it is replaced.';
COMMENT ON COLUMN personnel_file.omission_findings.status IS 'Status of the worker that may need no declaration (rule R70).';
-- Judging reads a file by worker, so that it loads the periods of a worker once.
CREATE INDEX omission_findings_by_worker ON personnel_file.omission_findings (file_id, ssin, line);
CREATE INDEX ON personnel_file.omission_findings (ssin);

CREATE TABLE personnel_file.omission_cases (
    case_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    employer text NOT NULL,
    ssin text NOT NULL,
    quarter text NOT NULL,
    opened_at timestamptz NOT NULL,
    UNIQUE (ssin, employer, quarter)
);
COMMENT ON TABLE personnel_file.omission_cases IS
    'Candidates for an omission: the undeclared days of one worker by quarter of the finding. Append-only.';
COMMENT ON COLUMN personnel_file.omission_cases.ssin IS 'NISS in force when the case was opened.';

CREATE TABLE personnel_file.omission_judgements (
    file_id bigint NOT NULL,
    line int NOT NULL,
    outcome text NOT NULL CHECK (outcome IN (
        'covered', 'canceled_after', 'exempt', 'excused', 'to_clarify', 'declared_after', 'omitted')),
    period_id bigint,
    case_id bigint,
    judged_at timestamptz NOT NULL,
    PRIMARY KEY (file_id, line),
    CHECK ((outcome IN ('declared_after', 'omitted')) = (case_id IS NOT NULL))
);
COMMENT ON TABLE personnel_file.omission_judgements IS
    'The outcome of each finding. A finding without one is pending: an identification is open. Append-only.';
COMMENT ON COLUMN personnel_file.omission_judgements.period_id IS 'The period that decided; null for none.';
CREATE INDEX ON personnel_file.omission_judgements (case_id, judged_at) WHERE case_id IS NOT NULL;

CREATE TABLE personnel_file.omission_counts (
    file_id bigint NOT NULL REFERENCES personnel_file.omission_files,
    outcome text NOT NULL,
    days int NOT NULL CHECK (days > 0)
);
COMMENT ON TABLE personnel_file.omission_counts IS
    'Outcomes by transaction of judging, so that no count reads the judgements. Append-only.';
CREATE INDEX ON personnel_file.omission_counts (file_id);

GRANT SELECT ON personnel_file.omission_files, personnel_file.omission_findings, personnel_file.omission_cases,
    personnel_file.omission_judgements, personnel_file.omission_counts TO dimona_personnel_file;

-- migrate:down
DROP TABLE personnel_file.omission_counts, personnel_file.omission_judgements, personnel_file.omission_cases,
    personnel_file.omission_findings, personnel_file.omission_files;
