-- migrate:up
-- Readings of answers over HTTP that show a person, for contact (ADR 36).
CREATE FUNCTION files.looks_at_person(ssins text[], before timestamptz, most int)
RETURNS TABLE (place text, looked_at timestamptz, reader text, organization text, operation text, subject jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'platform.looks', l.looked_at, l.reader, NULL::text, l.operation, jsonb_build_object('file', a.name)
    FROM files.forms m JOIN files.results r USING (ticket, number) JOIN files.answers a ON a.answer = r.answer
    JOIN platform.looks l ON l.about = a.ticket || '/' || a.name
    WHERE substring(m.form FROM '"ssin":"([0-9]{11})"') = ANY(ssins) AND l.looked_at < before
    ORDER BY l.looked_at DESC FETCH FIRST most ROWS WITH TIES
$$;
COMMENT ON FUNCTION files.looks_at_person IS 'The newest readings before an instant of answers with a form about a person.';
REVOKE ALL ON FUNCTION files.looks_at_person FROM PUBLIC;
GRANT EXECUTE ON FUNCTION files.looks_at_person TO dimona_contact;

-- migrate:down
DROP FUNCTION files.looks_at_person;
