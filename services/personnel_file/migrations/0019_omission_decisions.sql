-- migrate:up

-- Agents hear the employer and decide; two of them must agree (ADR 32). No amount is stored anywhere.
CREATE TABLE personnel_file.omission_steps (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id bigint NOT NULL REFERENCES personnel_file.omission_cases,
    action text NOT NULL CHECK (action IN ('heard', 'confirmed', 'dismissed')),
    state text NOT NULL CHECK (state IN ('heard', 'proposed', 'disputed', 'confirmed', 'dismissed')),
    agent text NOT NULL,
    at timestamptz NOT NULL,
    heard_on date,
    words text NOT NULL CHECK (words <> ''),
    CHECK ((action = 'heard') = (heard_on IS NOT NULL))
);
COMMENT ON TABLE personnel_file.omission_steps IS 'Everything that agents did with a case, with its state after. Append-only.';
COMMENT ON COLUMN personnel_file.omission_steps.agent IS 'Subject of the token, or login of an operator.';
COMMENT ON COLUMN personnel_file.omission_steps.words IS 'Answer of the employer at the hearing, or reason of the decision.';
CREATE INDEX ON personnel_file.omission_steps (case_id, seq);
CREATE INDEX omission_steps_ended ON personnel_file.omission_steps (case_id) WHERE state IN ('confirmed', 'dismissed');

CREATE TABLE personnel_file.omission_readings (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    read_at timestamptz NOT NULL,
    reader text NOT NULL,
    operation text NOT NULL,
    cases bigint[] NOT NULL
);
COMMENT ON TABLE personnel_file.omission_readings IS
    'Each look of an agent or operator at cases of omissions, in the transaction that reads. Append-only.';
CREATE INDEX ON personnel_file.omission_readings USING gin (cases);

GRANT SELECT, INSERT ON personnel_file.omission_steps TO dimona_personnel_file;
GRANT INSERT ON personnel_file.omission_readings TO dimona_personnel_file;

-- migrate:down
DROP TABLE personnel_file.omission_readings, personnel_file.omission_steps;
