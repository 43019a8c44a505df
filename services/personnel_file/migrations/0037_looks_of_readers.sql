-- migrate:up
-- The looks of a reader in a period, and readers that saw many workers, for the officer (ADR 36).
CREATE INDEX omission_readings_of_reader ON personnel_file.omission_readings (reader, read_at);

CREATE FUNCTION personnel_file.looks_of_reader(reader text, since timestamptz, before timestamptz, most int)
RETURNS TABLE (place text, looked_at timestamptz, reader_id text, organization text, operation text, subject jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    (SELECT 'personnel_file.consultations', c.read_at, c.reader, NULL::text, c.operation,
        jsonb_strip_nulls(jsonb_build_object('employer', c.employer, 'words', c.reason,
            'relations', cardinality(c.relations), 'refused', c.refused))
    FROM personnel_file.consultations c
    WHERE c.reader = looks_of_reader.reader AND c.read_at >= since AND c.read_at < before
    ORDER BY c.read_at DESC FETCH FIRST most ROWS WITH TIES)
    UNION ALL
    (SELECT 'personnel_file.late_readings', l.read_at, l.read_by, NULL::text, 'lateList',
        jsonb_strip_nulls(jsonb_build_object('employer', l.employer, 'words', l.reason, 'withNumbers', l.with_ssin,
            'found', l.found))
    FROM personnel_file.late_readings l
    WHERE l.read_by = looks_of_reader.reader AND l.read_at >= since AND l.read_at < before
    ORDER BY l.read_at DESC FETCH FIRST most ROWS WITH TIES)
    UNION ALL
    (SELECT 'personnel_file.omission_readings', o.read_at, o.reader, NULL::text, o.operation,
        jsonb_build_object('cases', cardinality(o.cases))
    FROM personnel_file.omission_readings o
    WHERE o.reader = looks_of_reader.reader AND o.read_at >= since AND o.read_at < before
    ORDER BY o.read_at DESC FETCH FIRST most ROWS WITH TIES)
$$;
COMMENT ON FUNCTION personnel_file.looks_of_reader IS 'The newest looks of a reader in a period.';

CREATE FUNCTION personnel_file.busy_readers(first_day date, last_day date, at_least int, most int)
RETURNS TABLE (reader text, day date, workers int, looks int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.reader, (c.read_at AT TIME ZONE 'Europe/Brussels')::date AS day,
        greatest(count(DISTINCT c.worker), count(DISTINCT shown.relation))::int AS workers, count(DISTINCT c.seq)::int
    FROM personnel_file.consultations c LEFT JOIN LATERAL unnest(c.relations) AS shown (relation) ON true
    WHERE c.read_at >= first_day::timestamp AT TIME ZONE 'Europe/Brussels'
        AND c.read_at < (last_day + 1)::timestamp AT TIME ZONE 'Europe/Brussels'
    GROUP BY 1, 2 HAVING greatest(count(DISTINCT c.worker), count(DISTINCT shown.relation)) >= at_least
    ORDER BY workers DESC, c.reader, day LIMIT most
$$;
COMMENT ON FUNCTION personnel_file.busy_readers IS
    'Readers that asked for, or were shown, at least so many different workers on a Belgian day; the most first.';
REVOKE ALL ON FUNCTION personnel_file.looks_of_reader, personnel_file.busy_readers FROM PUBLIC;
GRANT EXECUTE ON FUNCTION personnel_file.looks_of_reader, personnel_file.busy_readers TO dimona_contact;

-- migrate:down
DROP FUNCTION personnel_file.busy_readers, personnel_file.looks_of_reader;
DROP INDEX personnel_file.omission_readings_of_reader;
