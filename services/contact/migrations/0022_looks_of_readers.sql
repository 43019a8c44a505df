-- migrate:up
-- The looks of an agent or a person in a period, for the officer (ADR 36).
CREATE INDEX readings_of_agent ON contact.readings (agent, read_at);
CREATE INDEX person_looks_of_looker ON contact.person_looks (looker, looked_at);

CREATE FUNCTION contact.looks_of_reader(reader text, since timestamptz, before timestamptz, most int)
RETURNS TABLE (place text, looked_at timestamptz, reader_id text, organization text, operation text, subject jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    (SELECT 'contact.readings', r.read_at, r.agent, NULL::text, r.what,
        jsonb_strip_nulls(jsonb_build_object('caseId', r.case_id, 'employer', r.enterprise_number, 'words', r.reason,
            'found', r.found))
    FROM contact.readings r
    WHERE r.agent = looks_of_reader.reader AND r.read_at >= since AND r.read_at < before
    ORDER BY r.read_at DESC FETCH FIRST most ROWS WITH TIES)
    UNION ALL
    (SELECT 'contact.person_looks', p.looked_at, p.looker, NULL::text, p.operation,
        jsonb_strip_nulls(jsonb_build_object('reason', p.reason, 'words', p.words, 'shownFrom', p.shown_from,
            'found', p.found))
    FROM contact.person_looks p
    WHERE p.looker = looks_of_reader.reader AND p.looked_at >= since AND p.looked_at < before
    ORDER BY p.looked_at DESC FETCH FIRST most ROWS WITH TIES)
$$;
COMMENT ON FUNCTION contact.looks_of_reader IS 'The newest looks of an agent or a person in a period.';
REVOKE ALL ON FUNCTION contact.looks_of_reader FROM PUBLIC;
GRANT EXECUTE ON FUNCTION contact.looks_of_reader TO dimona_contact;

-- migrate:down
DROP FUNCTION contact.looks_of_reader;
DROP INDEX contact.person_looks_of_looker, contact.readings_of_agent;
