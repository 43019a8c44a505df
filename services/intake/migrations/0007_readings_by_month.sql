-- migrate:up
-- The present table becomes the first partition, for everything before the next month. Nothing is rewritten.
ALTER TABLE intake.readings RENAME TO readings_before;
ALTER INDEX intake.readings_number_idx RENAME TO readings_before_number_idx;
ALTER TABLE intake.readings_before ALTER seq DROP IDENTITY;
CREATE TABLE intake.readings (
    seq bigint GENERATED ALWAYS AS IDENTITY,
    read_at timestamptz NOT NULL,
    client_id text NOT NULL,
    organization text,
    number bigint NOT NULL,
    found boolean NOT NULL
) PARTITION BY RANGE (read_at);
COMMENT ON TABLE intake.readings IS
    'Queries over REST: the client, the declaration and the outcome, in the transaction that answers. Append-only.';
COMMENT ON COLUMN intake.readings.organization IS 'The organization of the client; null when it is not registered.';
COMMENT ON COLUMN intake.readings.found IS 'Whether there was a result.';
CREATE INDEX ON intake.readings (number);
SELECT setval(pg_get_serial_sequence('intake.readings', 'seq'), coalesce(max(seq), 0) + 1, false)
FROM intake.readings_before;
-- Rows of a month without partition. It stays empty, for a row in it prevents the partition of its month.
CREATE TABLE intake.readings_other PARTITION OF intake.readings DEFAULT;
DO $$
DECLARE
    next_month timestamptz := date_trunc('month', platform.now(), 'UTC') + interval '1 month';
BEGIN
    EXECUTE format('ALTER TABLE intake.readings_before RENAME TO %I',
        'readings' || to_char(next_month AT TIME ZONE 'UTC' - interval '1 month', '_YYYY_MM'));
    EXECUTE format('ALTER TABLE intake.readings ATTACH PARTITION intake.%I FOR VALUES FROM (MINVALUE) TO (%L)',
        'readings' || to_char(next_month AT TIME ZONE 'UTC' - interval '1 month', '_YYYY_MM'), next_month);
END $$;
GRANT SELECT, INSERT ON intake.readings TO dimona_intake;
GRANT EXECUTE ON FUNCTION platform.make_partitions() TO dimona_intake;
SELECT platform.make_partitions();

-- migrate:down
REVOKE EXECUTE ON FUNCTION platform.make_partitions() FROM dimona_intake;
CREATE TABLE intake.readings_whole (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    read_at timestamptz NOT NULL,
    client_id text NOT NULL,
    organization text,
    number bigint NOT NULL,
    found boolean NOT NULL
);
INSERT INTO intake.readings_whole OVERRIDING SYSTEM VALUE SELECT * FROM intake.readings;
DROP TABLE intake.readings;
ALTER TABLE intake.readings_whole RENAME TO readings;
CREATE INDEX ON intake.readings (number);
GRANT SELECT, INSERT ON intake.readings TO dimona_intake;
