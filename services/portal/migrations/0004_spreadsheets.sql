-- migrate:up
-- The spreadsheets of a session while they are checked and sent (ADR 40). They end with the session.
CREATE TABLE portal.sheet (
    id uuid PRIMARY KEY,
    session_sha256 bytea NOT NULL REFERENCES portal.session (id_sha256) ON UPDATE CASCADE ON DELETE CASCADE,
    sealed text NOT NULL,
    state text NOT NULL DEFAULT 'checked' CHECK (state IN ('checked', 'sending', 'stopped', 'sent')),
    failures smallint NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    added_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE portal.sheet IS 'Spreadsheets of sessions that have not ended.';
COMMENT ON COLUMN portal.sheet.session_sha256 IS 'The session; the spreadsheet is deleted with it.';
COMMENT ON COLUMN portal.sheet.sealed IS 'Name and digest of the file, enterprise, and counts; sealed for this row.';
COMMENT ON COLUMN portal.sheet.failures IS 'Attempts to send since the last one that succeeded.';
COMMENT ON COLUMN portal.sheet.due_at IS 'No process sends the next part before this instant.';
CREATE INDEX ON portal.sheet (session_sha256);
CREATE INDEX ON portal.sheet (due_at) WHERE state = 'sending';

CREATE TABLE portal.sheet_part (
    sheet_id uuid NOT NULL REFERENCES portal.sheet ON DELETE CASCADE,
    place integer NOT NULL CHECK (place >= 0),
    rows text NOT NULL,
    outcomes text,
    PRIMARY KEY (sheet_id, place)
);
COMMENT ON TABLE portal.sheet_part IS 'The rows of a spreadsheet in parts, each of which is sent in one request.';
COMMENT ON COLUMN portal.sheet_part.rows IS 'The rows with their mistakes; sealed for this part.';
COMMENT ON COLUMN portal.sheet_part.outcomes IS 'Dimona number or refusal of each row; sealed. NULL: not sent yet.';
GRANT SELECT, INSERT, UPDATE, DELETE ON portal.sheet, portal.sheet_part TO dimona_portal;

-- migrate:down
DROP TABLE portal.sheet_part, portal.sheet;
