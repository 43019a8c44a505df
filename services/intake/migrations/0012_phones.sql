-- migrate:up

CREATE TABLE intake.phone_attempts (
    number_code bytea PRIMARY KEY CHECK (octet_length(number_code) = 32),
    attempts int NOT NULL,
    blocked_until timestamptz
);
COMMENT ON TABLE intake.phone_attempts IS
    'PINs that were tried at an enrolled phone since the last right one; each counts before it is compared.';

CREATE TABLE intake.phone_results (
    number bigint PRIMARY KEY REFERENCES intake.declarations ON DELETE CASCADE,
    gateway text NOT NULL,
    language text NOT NULL CHECK (language IN ('fr', 'nl', 'de', 'en')),
    sealed_phone text CHECK (sealed_phone LIKE 'v1.%'),
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'exhausted')),
    due_at timestamptz NOT NULL,
    attempts int NOT NULL DEFAULT 0,
    leased_until timestamptz NOT NULL DEFAULT '-infinity',
    reason text,
    CHECK ((state = 'pending') = (sealed_phone IS NOT NULL))
);
COMMENT ON TABLE intake.phone_results IS
    'Declarations by SMS: the final result of each goes to its phone once, and is then as delivered.';
COMMENT ON COLUMN intake.phone_results.sealed_phone IS
    'The number of the phone, sealed for this declaration; deleted with the last attempt.';
COMMENT ON COLUMN intake.phone_results.leased_until IS 'By the real clock, which no test moves.';
CREATE INDEX ON intake.phone_results (due_at) WHERE state = 'pending';
CREATE INDEX ON intake.phone_results (state) WHERE state <> 'delivered';

GRANT SELECT, INSERT, UPDATE, DELETE ON intake.phone_attempts TO dimona_intake;
GRANT SELECT, INSERT, UPDATE ON intake.phone_results TO dimona_intake;

-- migrate:down
DROP TABLE intake.phone_results, intake.phone_attempts;
