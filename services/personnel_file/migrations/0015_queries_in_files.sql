-- migrate:up
-- Queries in files of expeditors (ADR 28).
CREATE TABLE personnel_file.inbox_lookups PARTITION OF personnel_file.inbox FOR VALUES IN ('lookups');

-- migrate:down
DROP TABLE personnel_file.inbox_lookups;
