-- migrate:up
-- The looks of an agent in a period, for the officer (ADR 36).
CREATE INDEX readings_of_agent ON identification.readings (agent, read_at);

CREATE FUNCTION identification.looks_of_reader(reader text, since timestamptz, before timestamptz, most int)
RETURNS TABLE (place text, looked_at timestamptz, reader_id text, organization text, operation text, subject jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'identification.readings', r.read_at, r.agent, NULL::text, r.operation,
        jsonb_strip_nulls(jsonb_build_object('declarations', cardinality(r.declarations), 'words', r.reason,
            'refused', r.refused))
    FROM identification.readings r
    WHERE r.agent = looks_of_reader.reader AND r.read_at >= since AND r.read_at < before
    ORDER BY r.read_at DESC FETCH FIRST most ROWS WITH TIES
$$;
COMMENT ON FUNCTION identification.looks_of_reader IS 'The newest looks of an agent in a period.';
REVOKE ALL ON FUNCTION identification.looks_of_reader FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identification.looks_of_reader TO dimona_contact;

-- migrate:down
DROP FUNCTION identification.looks_of_reader;
DROP INDEX identification.readings_of_agent;
