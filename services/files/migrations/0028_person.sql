-- migrate:up
-- What files hold about a person, for contact (ADR 36). A form that became no declaration is found by its content.
CREATE INDEX forms_of_worker ON files.forms (substring(form FROM '"ssin":"([0-9]{11})"'));
CREATE INDEX queries_of_employer ON files.queries (enterprise_number);

CREATE FUNCTION files.data_of_person(ssins text[], declarations bigint[], employers text[])
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
COMMENT ON FUNCTION files.data_of_person IS
    'Each row about a person: the name of its table, and the row as JSON. A page of a query shows other workers too, so '
    'only its origin is given.';
REVOKE ALL ON FUNCTION files.data_of_person FROM PUBLIC;
GRANT USAGE ON SCHEMA files TO dimona_contact;
GRANT EXECUTE ON FUNCTION files.data_of_person TO dimona_contact;

-- migrate:down
REVOKE USAGE ON SCHEMA files FROM dimona_contact;
DROP FUNCTION files.data_of_person;
DROP INDEX files.queries_of_employer, files.forms_of_worker;
