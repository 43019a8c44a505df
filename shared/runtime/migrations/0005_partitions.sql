-- migrate:up
-- Tables that only grow are divided by month. Several processes may call this function at any time.
CREATE FUNCTION platform.make_partitions() RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
SET lock_timeout = '2s' AS $$
DECLARE
    this_month timestamptz := date_trunc('month', platform.now());
    parent record;
    month timestamptz;
    part text;
BEGIN
    PERFORM pg_advisory_xact_lock(x'7061727473'::bigint);  -- "parts"
    FOR parent IN
        SELECT n.nspname AS schema, c.relname AS name
        FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE p.partstrat = 'r' ORDER BY 1, 2
    LOOP
        FOR ahead IN 0..3 LOOP
            month := this_month + ahead * interval '1 month';
            part := parent.name || to_char(month, '_YYYY_MM');
            IF to_regclass(format('%I.%I', parent.schema, part)) IS NULL THEN
                EXECUTE format('CREATE TABLE %I.%I PARTITION OF %I.%I FOR VALUES FROM (%L) TO (%L)',
                    parent.schema, part, parent.schema, parent.name, month, month + interval '1 month');
            END IF;
        END LOOP;
    END LOOP;
    RETURN this_month + interval '4 months';
END $$;
COMMENT ON FUNCTION platform.make_partitions() IS
    'Makes the partitions of this month and of the next three; returns the instant up to which there are some.';
REVOKE ALL ON FUNCTION platform.make_partitions() FROM PUBLIC;

-- migrate:down
DROP FUNCTION platform.make_partitions();
