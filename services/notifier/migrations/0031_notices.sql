-- migrate:up

ALTER TABLE notifier.dispatches ALTER COLUMN declaration_id DROP NOT NULL;
COMMENT ON COLUMN notifier.dispatches.declaration_id IS
    'What is said of one declaration arrives in order; null: it is about none.';
CREATE INDEX ON notifier.dispatches (first_due) WHERE state = 'pending';

-- What has no letter was never going to be printed.
DELETE FROM notifier.print_jobs p USING notifier.messages m
WHERE m.message_id = p.message_id AND m.letter IS NULL AND p.state = 'waiting';
ALTER TABLE notifier.print_jobs DROP CONSTRAINT print_jobs_state_check, DROP CONSTRAINT print_jobs_check;
ALTER TABLE notifier.print_jobs
    ADD CHECK (state IN ('waiting', 'written', 'sent', 'failed')),
    ADD CHECK ((file IS NULL) = (state IN ('waiting', 'failed')));
COMMENT ON COLUMN notifier.print_jobs.state IS
    'failed: its letter cannot be rendered; a person must look, and the others go on.';

-- migrate:down
ALTER TABLE notifier.print_jobs DROP CONSTRAINT print_jobs_state_check, DROP CONSTRAINT print_jobs_check;
DELETE FROM notifier.print_jobs WHERE state = 'failed';
ALTER TABLE notifier.print_jobs
    ADD CHECK (state IN ('waiting', 'written', 'sent')), ADD CHECK ((file IS NULL) = (state = 'waiting'));
DROP INDEX notifier.dispatches_first_due_idx;
DELETE FROM notifier.dispatches WHERE declaration_id IS NULL;
ALTER TABLE notifier.dispatches ALTER COLUMN declaration_id SET NOT NULL;
