-- migrate:up
-- The person sees the reason of a search of an agent (ADR 36).
CREATE OR REPLACE FUNCTION contact.looks_at_person(ssins text[], codes text[], before timestamptz, most int)
RETURNS TABLE (place text, looked_at timestamptz, reader text, organization text, operation text, subject jsonb)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    (SELECT 'contact.person_looks', l.looked_at, l.looker, NULL::text, l.operation,
        jsonb_strip_nulls(jsonb_build_object('reason', l.reason, 'words', l.words))
    FROM contact.person_looks l
    WHERE l.worker = ANY(codes) AND l.looked_at < before
        AND coalesce(l.shown_from, '-infinity') <= (platform.now() AT TIME ZONE 'Europe/Brussels')::date
    ORDER BY l.looked_at DESC FETCH FIRST most ROWS WITH TIES)
    UNION ALL
    (SELECT 'contact.readings', r.read_at, r.agent, NULL::text, r.what,
        jsonb_strip_nulls(jsonb_build_object('words', r.reason))
    FROM contact.readings r WHERE r.ssin = ANY(ssins) AND r.read_at < before
    ORDER BY r.read_at DESC FETCH FIRST most ROWS WITH TIES)
    UNION ALL
    (SELECT 'contact.readings', r.read_at, r.agent, NULL::text, r.what, jsonb_build_object('caseId', r.case_id)
    FROM (SELECT c.case_id FROM contact.notifications n JOIN contact.cases c USING (notification_id)
            WHERE n.ssin = ANY(ssins)
          UNION ALL SELECT p.case_id FROM contact.reports p WHERE p.ssin = ANY(ssins)) AS mine
    JOIN contact.readings r USING (case_id)
    WHERE r.read_at < before AND r.found > 0
    ORDER BY r.read_at DESC FETCH FIRST most ROWS WITH TIES)
$$;

-- migrate:down
CREATE OR REPLACE FUNCTION contact.looks_at_person(ssins text[], codes text[], before timestamptz, most int)
RETURNS TABLE (place text, looked_at timestamptz, reader text, organization text, operation text, subject jsonb)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    (SELECT 'contact.person_looks', l.looked_at, l.looker, NULL::text, l.operation,
        jsonb_strip_nulls(jsonb_build_object('reason', l.reason, 'words', l.words))
    FROM contact.person_looks l
    WHERE l.worker = ANY(codes) AND l.looked_at < before
        AND coalesce(l.shown_from, '-infinity') <= (platform.now() AT TIME ZONE 'Europe/Brussels')::date
    ORDER BY l.looked_at DESC FETCH FIRST most ROWS WITH TIES)
    UNION ALL
    (SELECT 'contact.readings', r.read_at, r.agent, NULL::text, r.what, '{}'::jsonb
    FROM contact.readings r WHERE r.ssin = ANY(ssins) AND r.read_at < before
    ORDER BY r.read_at DESC FETCH FIRST most ROWS WITH TIES)
    UNION ALL
    (SELECT 'contact.readings', r.read_at, r.agent, NULL::text, r.what, jsonb_build_object('caseId', r.case_id)
    FROM (SELECT c.case_id FROM contact.notifications n JOIN contact.cases c USING (notification_id)
            WHERE n.ssin = ANY(ssins)
          UNION ALL SELECT p.case_id FROM contact.reports p WHERE p.ssin = ANY(ssins)) AS mine
    JOIN contact.readings r USING (case_id)
    WHERE r.read_at < before AND r.found > 0
    ORDER BY r.read_at DESC FETCH FIRST most ROWS WITH TIES)
$$;
