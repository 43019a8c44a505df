-- migrate:up
-- The person behind a query over REST, and the refusals of persons.
ALTER TABLE intake.readings ADD user_id uuid;
COMMENT ON COLUMN intake.readings.user_id IS
    'The person that read for the organization; null for a query of a program.';
CREATE OR REPLACE FUNCTION intake.looks_at_person(declarations bigint[], before timestamptz, most int)
RETURNS TABLE (place text, looked_at timestamptz, reader text, organization text, operation text, subject jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'intake.readings', r.read_at, coalesce(r.user_id::text, r.client_id), r.organization, 'readDeclaration',
        jsonb_build_object('number', r.number)
    FROM intake.readings r WHERE r.number = ANY(declarations) AND r.read_at < before AND r.found
    ORDER BY r.read_at DESC FETCH FIRST most ROWS WITH TIES
$$;
GRANT INSERT (event, outcome, subject, client_id, operation, source) ON platform.security_log TO dimona_intake;

-- migrate:down
REVOKE INSERT (event, outcome, subject, client_id, operation, source) ON platform.security_log FROM dimona_intake;
CREATE OR REPLACE FUNCTION intake.looks_at_person(declarations bigint[], before timestamptz, most int)
RETURNS TABLE (place text, looked_at timestamptz, reader text, organization text, operation text, subject jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'intake.readings', r.read_at, r.client_id, r.organization, 'readDeclaration',
        jsonb_build_object('number', r.number)
    FROM intake.readings r WHERE r.number = ANY(declarations) AND r.read_at < before AND r.found
    ORDER BY r.read_at DESC FETCH FIRST most ROWS WITH TIES
$$;
ALTER TABLE intake.readings DROP COLUMN user_id;
