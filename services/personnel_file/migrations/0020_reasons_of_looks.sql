-- migrate:up
-- The reason that an operator types before a search, and before a list with persons (ADR 35); null for other looks.
ALTER TABLE personnel_file.consultations ADD reason text;
ALTER TABLE personnel_file.late_readings ADD reason text;

-- migrate:down
ALTER TABLE personnel_file.late_readings DROP COLUMN reason;
ALTER TABLE personnel_file.consultations DROP COLUMN reason;
