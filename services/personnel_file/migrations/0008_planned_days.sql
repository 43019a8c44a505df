-- migrate:up

ALTER TABLE personnel_file.periods ADD planned_days int;
COMMENT ON COLUMN personnel_file.periods.planned_days IS
    'Planned days of a student, for periods until 2016-12-31; later periods have planned hours.';

-- migrate:down
ALTER TABLE personnel_file.periods DROP planned_days;
