-- migrate:up

CREATE TABLE intake.denials (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    denied_at timestamptz NOT NULL,
    client_id text NOT NULL,
    organization text,
    enterprise_number text,
    reason text NOT NULL CHECK (reason IN ('not_registered', 'no_mandate'))
);
COMMENT ON TABLE intake.denials IS
    'Who was told at once that he may not declare, so that no declaration shows that he tried (D4). Append-only.';
COMMENT ON COLUMN intake.denials.organization IS 'Whom the client speaks for; null when it is not registered.';
COMMENT ON COLUMN intake.denials.enterprise_number IS
    'The employer that he wanted to declare for; null when nobody looked.';
CREATE INDEX ON intake.denials (denied_at);
GRANT SELECT, INSERT ON intake.denials TO dimona_intake;

-- migrate:down
DROP TABLE intake.denials;
