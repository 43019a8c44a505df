-- migrate:up
-- Operators set terms only for the tables of this list (ADR 31). Tables that record looks at data are the evidence about
-- operators too, so a term of an operator may never remove their rows.
CREATE OR REPLACE FUNCTION platform.set_term(target text, new_keep interval, why text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    removable CONSTANT text[] := ARRAY[
        'personnel_file.relations', 'intake.declarations', 'intake.denials', 'intake.organization_days',
        'contact.cases', 'contact.notifications', 'contact.refusals',
        'notifier.messages', 'notifier.dispatches', 'notifier.refusals'];
    target_schema text := split_part(target, '.', 1); target_table text := split_part(target, '.', 2);
BEGIN
    IF target IS NULL OR target <> ALL(removable) THEN
        RETURN false;
    END IF;
    IF new_keep IS NULL THEN
        DELETE FROM platform.retention_terms t WHERE t.schema_name = target_schema AND t.table_name = target_table;
    ELSE
        INSERT INTO platform.retention_terms AS t (schema_name, table_name, keep, source)
        VALUES (target_schema, target_table, new_keep, why)
        ON CONFLICT (schema_name, table_name) DO UPDATE
            SET keep = excluded.keep, source = excluded.source, set_at = clock_timestamp(), place = '';
    END IF;
    INSERT INTO platform.operator_log (account, action, subject, reason)
    VALUES (session_user, 'retention.term', target, concat_ws(': ', coalesce(new_keep::text, 'keep all'), why));
    RETURN true;
END $$;
COMMENT ON FUNCTION platform.set_term IS
    'Sets the term of a table of its list; null: keep all. False for another table, such as one that records looks.';

-- Terms that an operator set for such a table before end: its rows stay.
DELETE FROM platform.retention_terms t
WHERE (t.schema_name, t.table_name) IN (('personnel_file', 'consultations'), ('personnel_file', 'late_readings'),
    ('intake', 'readings'), ('contact', 'readings'), ('platform', 'looks'), ('feed', 'disclosures'));

-- migrate:down
CREATE OR REPLACE FUNCTION platform.set_term(target text, new_keep interval, why text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    target_schema text := split_part(target, '.', 1); target_table text := split_part(target, '.', 2);
BEGIN
    IF NOT EXISTS (SELECT FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
                   WHERE n.nspname = target_schema AND p.proname = 'remove_' || target_table)
        AND NOT EXISTS (SELECT FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid
                        JOIN pg_namespace n ON n.oid = c.relnamespace
                        WHERE n.nspname = target_schema AND c.relname = target_table AND p.partstrat = 'r') THEN
        RETURN false;
    END IF;
    IF new_keep IS NULL THEN
        DELETE FROM platform.retention_terms t WHERE t.schema_name = target_schema AND t.table_name = target_table;
    ELSE
        INSERT INTO platform.retention_terms AS t (schema_name, table_name, keep, source)
        VALUES (target_schema, target_table, new_keep, why)
        ON CONFLICT (schema_name, table_name) DO UPDATE
            SET keep = excluded.keep, source = excluded.source, set_at = clock_timestamp(), place = '';
    END IF;
    INSERT INTO platform.operator_log (account, action, subject, reason)
    VALUES (session_user, 'retention.term', target, concat_ws(': ', coalesce(new_keep::text, 'keep all'), why));
    RETURN true;
END $$;
COMMENT ON FUNCTION platform.set_term IS 'Sets the term of a table; null: keep all. False for a table that is never removed from.';
