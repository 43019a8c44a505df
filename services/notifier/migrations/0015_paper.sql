-- migrate:up

CREATE TABLE notifier.consents (
    consent_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    enterprise_number text NOT NULL,
    agreed_at timestamptz NOT NULL,
    agreed_by text NOT NULL,
    level int NOT NULL,
    statement text NOT NULL,
    withdrawn_at timestamptz,
    withdrawn_by text,
    CHECK ((withdrawn_at IS NULL) = (withdrawn_by IS NULL))
);
COMMENT ON TABLE notifier.consents IS
    'Who has agreed, for his enterprise, to get documents digitally only: the proof, kept when it is taken back.';
COMMENT ON COLUMN notifier.consents.level IS 'Assurance level of the login with which he agreed.';
COMMENT ON COLUMN notifier.consents.statement IS 'The very sentence that he agreed to.';
CREATE UNIQUE INDEX ON notifier.consents (enterprise_number) WHERE withdrawn_at IS NULL;

CREATE TABLE notifier.print_jobs (
    message_id uuid PRIMARY KEY REFERENCES notifier.messages,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'written', 'sent')),
    file text CHECK ((file IS NULL) = (state = 'waiting')),
    made_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    sent_by text CHECK ((sent_by IS NULL) = (state <> 'sent'))
);
COMMENT ON TABLE notifier.print_jobs IS
    'Documents that go out on paper too, because nobody of the enterprise has agreed to digital ones only.';
COMMENT ON COLUMN notifier.print_jobs.file IS 'Where it is, below the folder of files.';
CREATE INDEX ON notifier.print_jobs (state, made_at) WHERE state <> 'sent';

CREATE TABLE notifier.refusals (
    refusal_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    refused_at timestamptz NOT NULL,
    subject text NOT NULL,
    enterprise_number text NOT NULL,
    operation text NOT NULL
);
COMMENT ON TABLE notifier.refusals IS 'Who asked for what he has no right to. Append-only.';
GRANT SELECT, INSERT ON notifier.refusals TO dimona_notifier;

GRANT SELECT, INSERT, UPDATE ON notifier.consents, notifier.print_jobs TO dimona_notifier;

-- migrate:down
DROP TABLE notifier.refusals, notifier.print_jobs, notifier.consents;
