-- migrate:up
-- Looks at users, registrations and the activity log, for the persons in them (ADR 36). A list of users showed those that
-- had a right in the organization at that instant.
CREATE FUNCTION access.looks_at_person(ssins text[], before timestamptz, most int)
RETURNS TABLE (place text, looked_at timestamptz, reader text, organization text, operation text, subject jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH mine AS (SELECT p.user_id FROM access.person p WHERE p.ssin = ANY(ssins::char(11)[])),
    given AS (
        SELECT g.enterprise_number::text AS number, g.granted_at, g.revoked_at
        FROM access.granted g JOIN mine USING (user_id)),
    asked AS (
        SELECT r.registration_id, r.requested_at FROM access.registration r JOIN mine ON r.registrant = mine.user_id),
    seen AS (
        SELECT l.looked_at, l.reader, g.number AS organization, l.operation
        FROM given g JOIN platform.looks l ON l.organizations && ARRAY[g.number]
        WHERE l.about IS NULL AND l.operation IN ('listUsers', 'addUser', 'listChanges', 'listLooks')
            AND g.granted_at <= l.looked_at
            -- The lists of changes and of looks name users of before too.
            AND (g.revoked_at IS NULL OR g.revoked_at > l.looked_at OR l.operation IN ('listChanges', 'listLooks'))
        UNION
        SELECT l.looked_at, l.reader, NULL, l.operation
        FROM platform.looks l
        WHERE l.about IN (SELECT user_id::text FROM mine UNION ALL SELECT registration_id::text FROM asked)
            AND l.operation IN ('readUser', 'readRegistration', 'decideRegistration')
        UNION
        SELECT l.looked_at, l.reader, NULL, l.operation
        FROM asked a JOIN platform.looks l ON l.organizations && ARRAY['0206731645'] AND l.looked_at >= a.requested_at
        WHERE l.about IS NULL AND l.operation = 'listRegistrations')
    SELECT 'platform.looks', s.looked_at, s.reader, s.organization, s.operation, '{}'::jsonb
    FROM seen s WHERE s.looked_at < before
    ORDER BY s.looked_at DESC FETCH FIRST most ROWS WITH TIES
$$;
COMMENT ON FUNCTION access.looks_at_person IS 'The newest looks before an instant at a person as a user.';
REVOKE ALL ON FUNCTION access.looks_at_person FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access.looks_at_person TO dimona_contact;

-- migrate:down
DROP FUNCTION access.looks_at_person;
