-- migrate:up
-- Queries that repeat a number, and readings of the answers to queries, for contact (ADR 36).
CREATE FUNCTION files.numbers_in(said text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(array_agg(DISTINCT m[1]), '{}') FROM regexp_matches(said, '\m(\d{11})\M', 'g') AS m
$$;
COMMENT ON FUNCTION files.numbers_in IS 'The numbers of eleven digits in a text.';
CREATE INDEX queries_with_numbers ON files.queries USING gin (files.numbers_in(request));

CREATE OR REPLACE FUNCTION files.data_of_person(ssins text[], declarations bigint[], employers text[])
RETURNS TABLE (place text, item jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH mine AS (SELECT * FROM files.forms WHERE substring(form FROM '"ssin":"([0-9]{11})"') = ANY(ssins))
    SELECT 'files.forms', jsonb_build_object('ticket', m.ticket, 'form', m.form::jsonb, 'expeditor', f.expeditor,
        'receivedAt', f.received_at)
    FROM mine m JOIN files.files f USING (ticket)
    UNION ALL SELECT 'files.results', jsonb_build_object('ticket', r.ticket, 'isFinal', r.final,
        'notification', convert_from(r.notification, 'UTF8'))
    FROM mine m JOIN files.results r USING (ticket, number)
    UNION ALL SELECT 'files.queries', jsonb_build_object('ticket', q.ticket, 'employer', q.enterprise_number,
        'askedAt', q.asked_at, 'request', q.request::jsonb)
    FROM files.queries q WHERE files.numbers_in(q.request) && ssins
    UNION ALL SELECT 'files.pages', jsonb_build_object('ticket', p.ticket, 'employer', q.enterprise_number,
        'askedAt', q.asked_at, 'ssins', ARRAY(SELECT s FROM unnest(ssins) AS s WHERE position(s::bytea IN p.periods) > 0))
    FROM files.queries q JOIN files.pages p USING (ticket)
    WHERE q.enterprise_number = ANY(employers)
        AND EXISTS (SELECT FROM unnest(ssins) AS s WHERE position(s::bytea IN p.periods) > 0)
    UNION ALL SELECT 'files.changes', jsonb_build_object('name', a.name, 'content', convert_from(c.content, 'UTF8'))
    FROM files.changes c JOIN files.answers a USING (answer)
    WHERE EXISTS (SELECT FROM unnest(ssins) AS s WHERE position(s::bytea IN c.content) > 0)
$$;

-- A query shows a worker if one of its pages has the number. Only the client of the file gets an answer.
CREATE OR REPLACE FUNCTION files.looks_at_person(ssins text[], before timestamptz, most int)
RETURNS TABLE (place text, looked_at timestamptz, reader text, organization text, operation text, subject jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    -- OFFSET 0 keeps the planner from joining whole tables: it takes a part of all forms for those of one person.
    WITH mine AS (
        SELECT r.answer FROM files.forms m CROSS JOIN LATERAL (
            SELECT s.answer FROM files.results s WHERE s.ticket = m.ticket AND s.number = m.number OFFSET 0) AS r
        WHERE substring(m.form FROM '"ssin":"([0-9]{11})"') = ANY(ssins)
        UNION
        SELECT q.answer FROM files.queries q JOIN files.pages p USING (ticket)
        WHERE q.enterprise_number = ANY(ARRAY(SELECT personnel_file.employers_of_person(ssins)))
            AND EXISTS (SELECT FROM unnest(ssins) AS s WHERE position(s::bytea IN p.periods) > 0))
    SELECT 'platform.looks', l.looked_at, l.reader, NULL::text, l.operation, jsonb_build_object('file', l.name)
    FROM mine m CROSS JOIN LATERAL (
        SELECT k.looked_at, k.reader, k.operation, a.name
        FROM files.answers a JOIN files.files f ON f.ticket = a.ticket
        JOIN platform.looks k ON k.about = a.ticket || '/' || a.name AND k.reader = f.client_id
        WHERE a.answer = m.answer AND k.operation = 'getFileAnswer' AND k.looked_at < before OFFSET 0) AS l
    ORDER BY l.looked_at DESC FETCH FIRST most ROWS WITH TIES
$$;
COMMENT ON FUNCTION files.looks_at_person IS
    'The newest readings before an instant of answers with a form or a query that shows a person.';

-- migrate:down
CREATE OR REPLACE FUNCTION files.looks_at_person(ssins text[], before timestamptz, most int)
RETURNS TABLE (place text, looked_at timestamptz, reader text, organization text, operation text, subject jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'platform.looks', l.looked_at, l.reader, NULL::text, l.operation, jsonb_build_object('file', a.name)
    FROM files.forms m JOIN files.results r USING (ticket, number) JOIN files.answers a ON a.answer = r.answer
    JOIN platform.looks l ON l.about = a.ticket || '/' || a.name
    WHERE substring(m.form FROM '"ssin":"([0-9]{11})"') = ANY(ssins) AND l.looked_at < before
    ORDER BY l.looked_at DESC FETCH FIRST most ROWS WITH TIES
$$;
CREATE OR REPLACE FUNCTION files.data_of_person(ssins text[], declarations bigint[], employers text[])
RETURNS TABLE (place text, item jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH mine AS (SELECT * FROM files.forms WHERE substring(form FROM '"ssin":"([0-9]{11})"') = ANY(ssins))
    SELECT 'files.forms', jsonb_build_object('ticket', m.ticket, 'form', m.form::jsonb, 'expeditor', f.expeditor,
        'receivedAt', f.received_at)
    FROM mine m JOIN files.files f USING (ticket)
    UNION ALL SELECT 'files.results', jsonb_build_object('ticket', r.ticket, 'isFinal', r.final,
        'notification', convert_from(r.notification, 'UTF8'))
    FROM mine m JOIN files.results r USING (ticket, number)
    UNION ALL SELECT 'files.pages', jsonb_build_object('ticket', p.ticket, 'employer', q.enterprise_number,
        'askedAt', q.asked_at)
    FROM files.queries q JOIN files.pages p USING (ticket)
    WHERE q.enterprise_number = ANY(employers)
        AND EXISTS (SELECT FROM unnest(ssins) AS s WHERE position(s::bytea IN p.periods) > 0)
    UNION ALL SELECT 'files.changes', jsonb_build_object('name', a.name, 'content', convert_from(c.content, 'UTF8'))
    FROM files.changes c JOIN files.answers a USING (answer)
    WHERE EXISTS (SELECT FROM unnest(ssins) AS s WHERE position(s::bytea IN c.content) > 0)
$$;
DROP INDEX files.queries_with_numbers;
DROP FUNCTION files.numbers_in;
