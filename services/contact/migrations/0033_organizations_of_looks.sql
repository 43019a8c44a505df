-- migrate:up
-- A look at a contestation names the enterprise that was read, also after the case was removed (ADR 35).
CREATE OR REPLACE FUNCTION contact.looks_at_person(ssins text[], codes text[], before timestamptz, most int)
RETURNS TABLE (place text, looked_at timestamptz, reader text, organization text, operation text, subject jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH mine AS (
        SELECT c.case_id, c.enterprise_number, c.opened_at
        FROM contact.notifications n JOIN contact.cases c USING (notification_id) WHERE n.ssin = ANY(ssins)
        UNION ALL
        SELECT p.case_id, NULL, c.opened_at
        FROM contact.reports p JOIN contact.cases c USING (case_id) WHERE p.ssin = ANY(ssins)
        UNION
        -- Of a removed case the readings have the number of the person.
        SELECT r.case_id, NULL, NULL FROM contact.readings r WHERE r.ssin = ANY(ssins) AND r.case_id IS NOT NULL)
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
    FROM mine
    JOIN contact.readings r USING (case_id)
    WHERE r.read_at < before AND r.found > 0 AND r.ssin IS NULL
    ORDER BY r.read_at DESC FETCH FIRST most ROWS WITH TIES)
    UNION ALL
    -- One case, by its id; a list, by the enterprises of the reader; a parked message, by the code of the number.
    (SELECT 'platform.looks', s.looked_at, s.reader, s.organization, s.operation, s.subject
    FROM (
        SELECT l.looked_at, l.reader,
            -- The look names the enterprise of a removed case; one of before names all enterprises of its reader.
            coalesce(m.enterprise_number, CASE WHEN cardinality(l.organizations) = 1 THEN l.organizations[1] END)
                AS organization,
            l.operation, jsonb_build_object('caseId', m.case_id) AS subject
        FROM mine m JOIN platform.looks l ON l.about = m.case_id::text
        UNION ALL
        SELECT DISTINCT l.looked_at, l.reader, m.enterprise_number, l.operation, '{}'::jsonb
        FROM mine m JOIN platform.looks l ON l.organizations && ARRAY[m.enterprise_number]
        WHERE l.about IS NULL AND l.operation = 'readContestations' AND l.looked_at >= m.opened_at
        UNION ALL
        SELECT l.looked_at, l.reader, NULL, l.operation, jsonb_strip_nulls(jsonb_build_object('words', l.reason))
        FROM platform.looks l
        WHERE l.persons IS NOT NULL
            AND l.persons && ARRAY(SELECT platform.person_code(s) FROM unnest(ssins) AS s)) AS s
    WHERE s.looked_at < before ORDER BY s.looked_at DESC FETCH FIRST most ROWS WITH TIES)
$$;

-- migrate:down
CREATE OR REPLACE FUNCTION contact.looks_at_person(ssins text[], codes text[], before timestamptz, most int)
RETURNS TABLE (place text, looked_at timestamptz, reader text, organization text, operation text, subject jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH mine AS (
        SELECT c.case_id, c.enterprise_number, c.opened_at
        FROM contact.notifications n JOIN contact.cases c USING (notification_id) WHERE n.ssin = ANY(ssins)
        UNION ALL
        SELECT p.case_id, NULL, c.opened_at
        FROM contact.reports p JOIN contact.cases c USING (case_id) WHERE p.ssin = ANY(ssins)
        UNION
        -- Of a removed case the readings have the number of the person.
        SELECT r.case_id, NULL, NULL FROM contact.readings r WHERE r.ssin = ANY(ssins) AND r.case_id IS NOT NULL)
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
    FROM mine
    JOIN contact.readings r USING (case_id)
    WHERE r.read_at < before AND r.found > 0 AND r.ssin IS NULL
    ORDER BY r.read_at DESC FETCH FIRST most ROWS WITH TIES)
    UNION ALL
    -- One case, by its id; a list, by the enterprises of the reader; a parked message, by the code of the number.
    (SELECT 'platform.looks', s.looked_at, s.reader, s.organization, s.operation, s.subject
    FROM (
        SELECT l.looked_at, l.reader, m.enterprise_number AS organization, l.operation,
            jsonb_build_object('caseId', m.case_id) AS subject
        FROM mine m JOIN platform.looks l ON l.about = m.case_id::text
        UNION ALL
        SELECT DISTINCT l.looked_at, l.reader, m.enterprise_number, l.operation, '{}'::jsonb
        FROM mine m JOIN platform.looks l ON l.organizations && ARRAY[m.enterprise_number]
        WHERE l.about IS NULL AND l.operation = 'readContestations' AND l.looked_at >= m.opened_at
        UNION ALL
        SELECT l.looked_at, l.reader, NULL, l.operation, jsonb_strip_nulls(jsonb_build_object('words', l.reason))
        FROM platform.looks l
        WHERE l.persons IS NOT NULL
            AND l.persons && ARRAY(SELECT platform.person_code(s) FROM unnest(ssins) AS s)) AS s
    WHERE s.looked_at < before ORDER BY s.looked_at DESC FETCH FIRST most ROWS WITH TIES)
$$;
