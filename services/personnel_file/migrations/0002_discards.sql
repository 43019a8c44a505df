-- migrate:up

CREATE TABLE personnel_file.discards (
    declaration_id bigint PRIMARY KEY REFERENCES personnel_file.settlements,
    discarded_by text NOT NULL,
    discarded_at timestamptz NOT NULL,
    reason text NOT NULL
);
COMMENT ON TABLE personnel_file.discards IS
    'Which finals an operator caused with `dimona parked discard`, and why (D6). Append-only.';
COMMENT ON COLUMN personnel_file.discards.discarded_at IS
    'When the operator said so; the settlement follows in the turn of the declaration.';

GRANT SELECT, INSERT ON personnel_file.discards TO dimona_personnel_file;

-- migrate:down
DROP TABLE personnel_file.discards;
