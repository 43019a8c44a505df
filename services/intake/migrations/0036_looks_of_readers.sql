-- migrate:up
-- The readings of a reader in a period, and organizations whose declarations look like a search, for the officer (ADR 36).
CREATE INDEX readings_of_reader ON intake.readings ((coalesce(user_id::text, client_id)), read_at);

CREATE FUNCTION intake.looks_of_reader(reader text, since timestamptz, before timestamptz, most int)
RETURNS TABLE (place text, looked_at timestamptz, reader_id text, organization text, operation text, subject jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'intake.readings', r.read_at, coalesce(r.user_id::text, r.client_id), r.organization, 'readDeclaration',
        jsonb_build_object('number', r.number, 'found', r.found)
    FROM intake.readings r
    WHERE coalesce(r.user_id::text, r.client_id) = looks_of_reader.reader AND r.read_at >= since AND r.read_at < before
    ORDER BY r.read_at DESC FETCH FIRST most ROWS WITH TIES
$$;
COMMENT ON FUNCTION intake.looks_of_reader IS 'The newest readings of results of a reader in a period.';

CREATE FUNCTION intake.busy_organizations(first_day date, last_day date, at_least int, most int)
RETURNS TABLE (organization text, day date, new_workers int, quick_cancels int, contradictions int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT o.organization, o.day, o.new_workers, o.quick_cancels, o.contradictions FROM intake.organization_days o
    WHERE o.day BETWEEN first_day AND last_day AND greatest(o.quick_cancels, o.contradictions) >= at_least
    ORDER BY greatest(o.quick_cancels, o.contradictions) DESC, o.organization, o.day LIMIT most
$$;
COMMENT ON FUNCTION intake.busy_organizations IS
    'Organizations with at least so many CANCELs soon after their IN, or contradictions to the register, on a day.';
REVOKE ALL ON FUNCTION intake.looks_of_reader, intake.busy_organizations FROM PUBLIC;
GRANT EXECUTE ON FUNCTION intake.looks_of_reader, intake.busy_organizations TO dimona_contact;

-- migrate:down
DROP FUNCTION intake.busy_organizations, intake.looks_of_reader;
DROP INDEX intake.readings_of_reader;
