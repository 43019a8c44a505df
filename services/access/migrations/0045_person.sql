-- migrate:up
-- The rights of a person about the own data (ADR 36). Contact asks; a function per schema answers.
CREATE INDEX enterprise_representatives ON access.enterprise USING gin (representatives);
CREATE INDEX registration_of_person ON access.registration (registrant);
CREATE INDEX granted_to_person ON access.granted (user_id);

CREATE FUNCTION access.number_of_person(person uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT p.ssin::text FROM access.person p
    WHERE p.user_id = person
        AND NOT EXISTS (SELECT FROM access.person o WHERE o.ssin = p.ssin AND o.place < p.place)
$$;
COMMENT ON FUNCTION access.number_of_person IS
    'The NISS of a person that has logged in; null for a person that was stored with the NISS of an earlier one.';

CREATE FUNCTION access.organizations_of_readers(readers text[])
RETURNS TABLE (reader text, enterprise_number text, name text, is_agent boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.client_id, o.enterprise_number::text, o.name, false
    FROM access.client c JOIN access.organization o ON o.enterprise_number = c.organization
    WHERE c.client_id = ANY(readers)
    UNION ALL
    SELECT g.user_id::text, o.enterprise_number::text, o.name, bool_or(g.what IN ('agent', 'privacy'))
    FROM access.granted g JOIN access.organization o USING (enterprise_number)
    WHERE g.user_id = ANY(ARRAY(
        SELECT r::uuid FROM unnest(readers) AS r WHERE r ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'))
    GROUP BY g.user_id, o.enterprise_number, o.name
$$;
COMMENT ON FUNCTION access.organizations_of_readers IS
    'The organizations for which clients and users act, or acted; `is_agent` for agents of the authority.';

CREATE FUNCTION access.data_of_person(ssins text[], declarations bigint[], employers text[])
RETURNS TABLE (place text, item jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH named AS (
        SELECT p.*, NOT EXISTS (SELECT FROM access.person o WHERE o.ssin = p.ssin AND o.place < p.place) AS is_first
        FROM access.person p WHERE p.ssin = ANY(ssins::char(11)[])),
    mine AS (SELECT user_id FROM named WHERE is_first)
    -- The names of a later person are those of another person, until an operator has decided.
    SELECT 'access.person', CASE WHEN is_first
        THEN jsonb_build_object('userId', user_id, 'ssin', ssin, 'familyName', family_name, 'givenName', given_name,
            'language', language, 'phone', phone, 'email', email)
        ELSE jsonb_build_object('ssin', ssin, 'hasOtherNames', true) END
    FROM named
    UNION ALL SELECT 'access.login', jsonb_build_object('userName', l.user_name)
    FROM access.login l JOIN mine USING (user_id)
    UNION ALL SELECT 'access.session', jsonb_build_object('level', s.level, 'authenticatedAt', s.authenticated_at)
    FROM access.session s JOIN mine USING (user_id)
    UNION ALL SELECT 'access.granted', jsonb_build_object('enterpriseNumber', g.enterprise_number, 'right', g.what,
        'messageType', g.message_type, 'grantedAt', g.granted_at, 'revokedAt', g.revoked_at)
    FROM access.granted g JOIN mine USING (user_id)
    UNION ALL SELECT 'access.enterprise', jsonb_build_object('enterpriseNumber', e.enterprise_number, 'name', e.name,
        'representatives', ARRAY(SELECT r FROM unnest(e.representatives) AS r WHERE r = ANY(ssins)))
    FROM access.enterprise e WHERE e.representatives && ssins
    UNION ALL SELECT 'access.registration', jsonb_build_object('enterpriseNumber', r.enterprise_number,
        'requestedAt', r.requested_at, 'status', r.status)
    FROM access.registration r JOIN mine ON r.registrant = mine.user_id
    UNION ALL SELECT 'access.rehearsal', jsonb_build_object('worker', r.worker, 'foundAs', r.found_as)
    FROM access.rehearsal r WHERE r.worker = ANY(ssins)
    UNION ALL SELECT 'access.interruption', jsonb_build_object('ssin', i.ssin)
    FROM access.interruption i WHERE i.ssin = ANY(ssins)
    UNION ALL SELECT 'platform.security_log', jsonb_build_object('event', s.event, 'outcome', s.outcome,
        'happenedAt', s.happened_at, 'clientId', s.client_id, 'operation', s.operation)
    FROM platform.security_log s JOIN mine ON s.subject = mine.user_id::text
$$;
REVOKE ALL ON FUNCTION access.number_of_person, access.organizations_of_readers, access.data_of_person FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access.number_of_person, access.organizations_of_readers, access.data_of_person
    TO dimona_contact;
GRANT SELECT ON access.organizations TO dimona_contact;

-- migrate:down
REVOKE SELECT ON access.organizations FROM dimona_contact;
DROP FUNCTION access.data_of_person, access.organizations_of_readers, access.number_of_person;
DROP INDEX access.granted_to_person, access.registration_of_person, access.enterprise_representatives;
