-- migrate:up
-- The person sees the reason of an operator, and looks at cases of omissions (ADR 36).
CREATE OR REPLACE FUNCTION personnel_file.looks_at_person(ssins text[], codes text[], before timestamptz, most int)
RETURNS TABLE (place text, looked_at timestamptz, reader text, organization text, operation text, subject jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH mine AS (
        SELECT array_agg(relation_id) AS ids FROM personnel_file.relations WHERE ssin = ANY(ssins::char(11)[])),
    seen AS (
        SELECT c.seq, c.read_at, c.reader, c.operation, c.employer, c.reason FROM personnel_file.consultations c
        WHERE c.worker = ANY(codes) AND c.read_at < before AND c.refused IS NULL
        UNION
        SELECT c.seq, c.read_at, c.reader, c.operation, c.employer, c.reason FROM personnel_file.consultations c, mine
        WHERE c.relations && mine.ids AND c.read_at < before AND c.refused IS NULL)
    (SELECT 'personnel_file.consultations', s.read_at, s.reader, NULL::text, s.operation,
        jsonb_build_object('employer', s.employer, 'words', s.reason)
    FROM seen s ORDER BY s.read_at DESC FETCH FIRST most ROWS WITH TIES)
    UNION ALL
    -- A list names no worker: it showed those whose late declarations its filter met.
    (SELECT 'personnel_file.late_readings', r.read_at, r.read_by, NULL::text, 'lateList',
        jsonb_build_object('employer', r.employer, 'words', r.reason)
    FROM personnel_file.late_readings r
    WHERE r.with_ssin AND r.read_at < before AND EXISTS (
        SELECT FROM personnel_file.late l
        JOIN personnel_file.relations e ON e.employer = l.employer AND e.ssin = ANY(ssins::char(11)[])
        WHERE l.ssin = ANY(ssins) AND (r.employer IS NULL OR r.employer = l.employer)
            AND l.received_at < r.read_at
            AND (r.first_day IS NULL OR (l.received_at AT TIME ZONE 'Europe/Brussels')::date >= r.first_day)
            AND (r.last_day IS NULL OR (l.received_at AT TIME ZONE 'Europe/Brussels')::date <= r.last_day))
    ORDER BY r.read_at DESC FETCH FIRST most ROWS WITH TIES)
    UNION ALL
    (SELECT 'personnel_file.omission_readings', o.read_at, o.reader, NULL::text, o.operation, '{}'::jsonb
    FROM personnel_file.omission_readings o
    WHERE o.cases && ARRAY(SELECT case_id FROM personnel_file.omission_cases WHERE ssin = ANY(ssins))
        AND o.read_at < before
    ORDER BY o.read_at DESC FETCH FIRST most ROWS WITH TIES)
$$;

-- migrate:down
CREATE OR REPLACE FUNCTION personnel_file.looks_at_person(ssins text[], codes text[], before timestamptz, most int)
RETURNS TABLE (place text, looked_at timestamptz, reader text, organization text, operation text, subject jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH mine AS (
        SELECT array_agg(relation_id) AS ids FROM personnel_file.relations WHERE ssin = ANY(ssins::char(11)[])),
    seen AS (
        SELECT c.seq, c.read_at, c.reader, c.operation, c.employer FROM personnel_file.consultations c
        WHERE c.worker = ANY(codes) AND c.read_at < before AND c.refused IS NULL
        UNION
        SELECT c.seq, c.read_at, c.reader, c.operation, c.employer FROM personnel_file.consultations c, mine
        WHERE c.relations && mine.ids AND c.read_at < before AND c.refused IS NULL)
    (SELECT 'personnel_file.consultations', s.read_at, s.reader, NULL::text, s.operation,
        jsonb_build_object('employer', s.employer)
    FROM seen s ORDER BY s.read_at DESC FETCH FIRST most ROWS WITH TIES)
    UNION ALL
    -- A list names no worker: it showed those whose late declarations its filter met.
    (SELECT 'personnel_file.late_readings', r.read_at, r.read_by, NULL::text, 'lateList',
        jsonb_build_object('employer', r.employer)
    FROM personnel_file.late_readings r
    WHERE r.with_ssin AND r.read_at < before AND EXISTS (
        SELECT FROM personnel_file.late l
        JOIN personnel_file.relations e ON e.employer = l.employer AND e.ssin = ANY(ssins::char(11)[])
        WHERE l.ssin = ANY(ssins) AND (r.employer IS NULL OR r.employer = l.employer)
            AND l.received_at < r.read_at
            AND (r.first_day IS NULL OR (l.received_at AT TIME ZONE 'Europe/Brussels')::date >= r.first_day)
            AND (r.last_day IS NULL OR (l.received_at AT TIME ZONE 'Europe/Brussels')::date <= r.last_day))
    ORDER BY r.read_at DESC FETCH FIRST most ROWS WITH TIES)
$$;
