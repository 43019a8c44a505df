-- migrate:up

-- The history of a period is read by its number, in whatever relation the period was at the time.
ALTER TABLE personnel_file.history ADD period_id bigint;
COMMENT ON COLUMN personnel_file.history.period_id IS
    'The period of the event or of its daily registration; null for an event of the whole relation.';
UPDATE personnel_file.history
SET period_id = coalesce(event::json ->> 'period_id', event::json -> 'period' ->> 'id')::bigint;
CREATE INDEX history_of_period ON personnel_file.history (period_id, recorded_at, version)
    WHERE period_id IS NOT NULL;

-- migrate:down
ALTER TABLE personnel_file.history DROP COLUMN period_id;
