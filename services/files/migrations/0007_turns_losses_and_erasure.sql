-- migrate:up
-- Turns and attempts of queries, lost contents, places of mistakes, and the deletion of old contents (ADR 28).
ALTER TABLE files.queries ADD attempts int NOT NULL DEFAULT 0;
COMMENT ON COLUMN files.queries.attempts IS 'How often the page that it waits for was asked for.';
COMMENT ON COLUMN files.queries.asked_at IS 'Of the page that was asked for last; before the first one, of the file.';
CREATE INDEX ON files.queries (client_id, asked_at) WHERE asked > 0;

ALTER TABLE files.files
    ADD content_lost boolean NOT NULL DEFAULT false,
    ADD submitted_at timestamptz,
    ADD error_line int,
    ADD error_column int,
    ADD erasure text CHECK (erasure IN ('begun', 'done'));
COMMENT ON COLUMN files.files.content_lost IS
    'Its content is not on disk, and some of its forms are not stored: it waits for its repetition.';
COMMENT ON COLUMN files.files.submitted_at IS 'When forms of it were last sent to intake, for the first time or again.';
COMMENT ON COLUMN files.files.error_line IS 'The place of the mistake for which the whole file is refused, if it has one.';
COMMENT ON COLUMN files.files.erasure IS 'Of its forms, results and pages, after its time; null: they are kept.';
CREATE INDEX ON files.files (received_at) WHERE erasure IS NULL;
CREATE INDEX ON files.files (ticket) WHERE erasure = 'begun';

ALTER TABLE files.answers ADD removed_at timestamptz;
COMMENT ON COLUMN files.answers.removed_at IS 'When the file was first seen to be no longer in the folder.';
CREATE INDEX ON files.answers (answer) WHERE written_at IS NOT NULL AND removed_at IS NULL;

GRANT UPDATE (content_lost, submitted_at, error_line, error_column, erasure) ON files.files TO dimona_files;
GRANT UPDATE (removed_at) ON files.answers TO dimona_files;
GRANT DELETE ON files.forms, files.results, files.changes TO dimona_files;

-- The step `answers` is now `results`.
CREATE TABLE files.inbox_results PARTITION OF files.inbox FOR VALUES IN ('results');
UPDATE files.inbox SET consumer = 'results' WHERE consumer = 'answers';
UPDATE files.suspects SET consumer = 'results' WHERE consumer = 'answers';
DROP TABLE files.inbox_answers;

-- migrate:down
CREATE TABLE files.inbox_answers PARTITION OF files.inbox FOR VALUES IN ('answers');
UPDATE files.inbox SET consumer = 'answers' WHERE consumer = 'results';
UPDATE files.suspects SET consumer = 'answers' WHERE consumer = 'results';
DROP TABLE files.inbox_results;
REVOKE DELETE ON files.forms, files.results, files.changes FROM dimona_files;
ALTER TABLE files.answers DROP removed_at;
ALTER TABLE files.files DROP erasure, DROP error_column, DROP error_line, DROP submitted_at, DROP content_lost;
DROP INDEX files.queries_client_id_asked_at_idx;
ALTER TABLE files.queries DROP attempts;
