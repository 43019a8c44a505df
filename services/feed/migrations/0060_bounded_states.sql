-- migrate:up
-- A push of states ends at its limit of bytes, also inside a worker. The workers of the unfinished push stay due, with the
-- place from which the next push goes on (ADR 34).
ALTER TABLE feed.states_due ADD sent_until bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN feed.states_due.sent_until IS
    'Number of the last event whose state was sent; 0 before the first. Rows with another value are those of one unfinished push.';
CREATE INDEX states_unfinished ON feed.states_due (institution_id) WHERE sent_until > 0;

-- migrate:down
DROP INDEX feed.states_unfinished;
ALTER TABLE feed.states_due DROP sent_until;
