-- migrate:up

-- Late on a day that is not worked is no working day late: due on a Friday, received on the Saturday.
ALTER TABLE personnel_file.late
    DROP CONSTRAINT late_late_working_days_check,
    ADD CHECK (late_working_days >= 0);
COMMENT ON COLUMN personnel_file.late.late_working_days IS
    'Only where the rule counts in working days; 0 when none has passed since.';

-- migrate:down
ALTER TABLE personnel_file.late
    DROP CONSTRAINT late_late_working_days_check,
    ADD CHECK (late_working_days > 0);
