-- migrate:up

CREATE TABLE personnel_file.relations (
    relation_id bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    employer text NOT NULL,
    ssin char(11) NOT NULL,
    employer_id bigint NOT NULL,
    start_date date NOT NULL,
    end_date date,
    version int NOT NULL CHECK (version > 0),
    worker text NOT NULL,
    PRIMARY KEY (employer, ssin)
);
COMMENT ON TABLE personnel_file.relations IS
    'First level: one row per employer and worker. Employer, NISS and start never change; no row disappears (D32).';
COMMENT ON COLUMN personnel_file.relations.worker IS 'The worker as identified last.';

CREATE TABLE personnel_file.periods (
    period_id bigint PRIMARY KEY,
    employer text NOT NULL,
    ssin char(11) NOT NULL,
    features text NOT NULL,
    features_key text NOT NULL,
    start_date date NOT NULL,
    end_date date,
    start_hour time,
    end_hour time,
    planned_hours int,
    span tsrange NOT NULL,
    canceled boolean NOT NULL DEFAULT false,
    locked boolean NOT NULL DEFAULT false,
    late boolean NOT NULL DEFAULT false,
    FOREIGN KEY (employer, ssin) REFERENCES personnel_file.relations,
    -- What the rules say (R33) holds whatever the rules do: the backstop of decision D8.
    CONSTRAINT periods_do_not_overlap EXCLUDE USING gist (
        employer WITH =, ssin WITH =, features_key WITH =, span WITH &&) WHERE (NOT canceled)
);
COMMENT ON TABLE personnel_file.periods IS 'Second level: the period that each accepted IN created, as it is now.';
COMMENT ON COLUMN personnel_file.periods.features_key IS 'Digest of the features: equal for equal ones.';
COMMENT ON COLUMN personnel_file.periods.span IS 'Local time, whole days where no hours are given.';
CREATE INDEX ON personnel_file.periods (employer, ssin);

CREATE TABLE personnel_file.history (
    employer text NOT NULL,
    ssin char(11) NOT NULL,
    version int NOT NULL,
    declaration_id bigint NOT NULL,
    event text NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (employer, ssin, version)
);
COMMENT ON TABLE personnel_file.history IS 'Every event of every relation; folds to its state. Append-only.';

CREATE TABLE personnel_file.settlements (
    declaration_id bigint PRIMARY KEY,
    result char(1) NOT NULL CHECK (result IN ('A', 'W', 'B')),
    period_id bigint,
    settled_at timestamptz NOT NULL
);
COMMENT ON TABLE personnel_file.settlements IS 'Which declarations are final, and how. Append-only.';

CREATE TABLE personnel_file.waiting (
    declaration_id bigint PRIMARY KEY,
    previous bigint NOT NULL UNIQUE,
    message text NOT NULL,
    since timestamptz NOT NULL
);
COMMENT ON TABLE personnel_file.waiting IS 'Declarations that came before the one they follow is final (D1).';

CREATE TABLE personnel_file.feed (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    event_id uuid NOT NULL UNIQUE,
    type text NOT NULL,
    data text NOT NULL,
    occurred_at timestamptz NOT NULL
);
COMMENT ON TABLE personnel_file.feed IS
    'What the institutions may learn: one row per event of a relation, written with the change itself (D12).';
CREATE INDEX ON personnel_file.feed (xid, id);

CREATE TABLE personnel_file.epoch (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    epoch text NOT NULL DEFAULT gen_random_uuid()::text
);
INSERT INTO personnel_file.epoch DEFAULT VALUES;
COMMENT ON TABLE personnel_file.epoch IS
    'Part of every cursor: transaction numbers start anew in a restored database, and so must its readers.';

SELECT platform.create_pipeline('personnel_file', ARRAY['settle']);
GRANT SELECT, INSERT, UPDATE ON personnel_file.relations, personnel_file.periods TO dimona_personnel_file;
GRANT SELECT, INSERT ON personnel_file.history, personnel_file.settlements, personnel_file.feed
    TO dimona_personnel_file;
GRANT SELECT, INSERT, DELETE ON personnel_file.waiting TO dimona_personnel_file;
GRANT SELECT ON personnel_file.epoch TO dimona_personnel_file;

-- migrate:down
DROP SCHEMA personnel_file CASCADE;
