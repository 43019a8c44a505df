-- migrate:up
-- Queries of the personnel file (PFREQ), and the pages of their answers (ADR 28).
ALTER TABLE files.answers DROP CONSTRAINT answers_kind_check;
ALTER TABLE files.answers ADD CONSTRAINT answers_kind_check CHECK (kind IN ('ACRF', 'NOTI', 'PFAN', 'IDFL'));

CREATE TABLE files.queries (
    ticket text PRIMARY KEY REFERENCES files.files ON DELETE CASCADE,
    client_id text NOT NULL,
    request text NOT NULL,
    asked int NOT NULL DEFAULT 0,
    found int NOT NULL DEFAULT 0,
    asked_at timestamptz NOT NULL,
    periods int NOT NULL DEFAULT 0,
    after bigint NOT NULL DEFAULT 0,
    employer_id bigint,
    enterprise_number text,
    result smallint CHECK (result IN (0, 1, 5)),
    refusal bytea,
    answer bigint REFERENCES files.answers ON DELETE CASCADE,
    CHECK (found <= asked AND asked <= found + 1),
    CHECK ((answer IS NULL) = (result IS NULL AND refusal IS NULL))
);
COMMENT ON TABLE files.queries IS 'Each query that a file contains. One without answer goes on.';
COMMENT ON COLUMN files.queries.request IS 'JSON of the reader: header, reference, employer, days, anomalies.';
COMMENT ON COLUMN files.queries.asked IS 'Pages that were asked for; found: pages that came.';
COMMENT ON COLUMN files.queries.after IS 'The number of the period after which the next page begins.';
COMMENT ON COLUMN files.queries.result IS 'ResultCodeResearch: 0 periods, 1 none, 5 too many.';
COMMENT ON COLUMN files.queries.refusal IS 'The notification of a query with anomalies.';
CREATE INDEX ON files.queries (client_id, ticket) WHERE answer IS NULL;
CREATE INDEX ON files.queries (answer);

CREATE TABLE files.pages (
    ticket text NOT NULL REFERENCES files.queries ON DELETE CASCADE,
    page int NOT NULL,
    periods bytea NOT NULL,
    PRIMARY KEY (ticket, page)
);
COMMENT ON TABLE files.pages IS 'The periods of a page, as XML of PFANS. It is deleted when the periods are too many.';

CREATE TABLE files.inbox_pages PARTITION OF files.inbox FOR VALUES IN ('pages');

GRANT SELECT, INSERT, UPDATE ON files.queries TO dimona_files;
GRANT SELECT, INSERT, DELETE ON files.pages TO dimona_files;

-- Changes that social security made (IDFLUX). They answer no file.
ALTER TABLE files.answers ALTER ticket DROP NOT NULL;
ALTER TABLE files.answers ADD CONSTRAINT answers_have_a_file CHECK ((ticket IS NULL) = (kind = 'IDFL'));
CREATE TABLE files.changes (
    answer bigint PRIMARY KEY REFERENCES files.answers ON DELETE CASCADE,
    content bytea NOT NULL
);
COMMENT ON TABLE files.changes IS 'The content of each IDFLUX file: the new number of a worker.';

CREATE TABLE files.inbox_situations PARTITION OF files.inbox FOR VALUES IN ('situations');

GRANT SELECT, INSERT ON files.changes TO dimona_files;

-- migrate:down
DROP TABLE files.inbox_situations, files.changes, files.inbox_pages, files.pages, files.queries;
DELETE FROM files.answers WHERE kind IN ('PFAN', 'IDFL');
ALTER TABLE files.answers DROP CONSTRAINT answers_have_a_file;
ALTER TABLE files.answers DROP CONSTRAINT answers_kind_check;
ALTER TABLE files.answers ADD CONSTRAINT answers_kind_check CHECK (kind IN ('ACRF', 'NOTI'));
ALTER TABLE files.answers ALTER ticket SET NOT NULL;
