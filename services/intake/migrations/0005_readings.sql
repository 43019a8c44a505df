-- migrate:up

CREATE TABLE intake.readings (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    read_at timestamptz NOT NULL,
    client_id text NOT NULL,
    organization text,
    number bigint NOT NULL,
    found boolean NOT NULL
);
COMMENT ON TABLE intake.readings IS
    'Who asked over REST what became of a declaration, in the transaction that told him. Append-only.';
COMMENT ON COLUMN intake.readings.organization IS 'Whom the client speaks for; null when it is not registered.';
COMMENT ON COLUMN intake.readings.found IS 'Whether he was told a result; else he was told that there is nothing.';
CREATE INDEX ON intake.readings (number);
GRANT SELECT, INSERT ON intake.readings TO dimona_intake;

-- migrate:down
DROP TABLE intake.readings;
