-- migrate:up
-- What the registers, as they are known here, hold about a person, for contact (ADR 36).
CREATE FUNCTION identification.numbers_of_person(number text) RETURNS TABLE (ssin text, is_in_force boolean, is_deceased boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE numbers (ssin) AS (
        SELECT number
        UNION
        SELECT linked.ssin FROM numbers n CROSS JOIN LATERAL (
            SELECT p.replaced_by AS ssin FROM identification.persons p
            WHERE p.ssin = n.ssin AND p.replaced_by IS NOT NULL
            UNION ALL
            SELECT p.ssin FROM identification.persons p WHERE p.replaced_by = n.ssin) AS linked)
    SELECT n.ssin, p.replaced_by IS NULL, p.deceased_on IS NOT NULL FROM numbers n LEFT JOIN identification.persons p ON p.ssin = n.ssin
$$;
COMMENT ON FUNCTION identification.numbers_of_person IS 'The NISS in force and the former ones of the person with a NISS.';

CREATE FUNCTION identification.data_of_person(ssins text[], declarations bigint[], employers text[])
RETURNS TABLE (place text, item jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'identification.persons', jsonb_build_object('ssin', p.ssin, 'familyName', p.family_name,
        'givenName', p.given_name, 'birthDate', p.birth_date, 'gender', p.gender, 'nationality', p.nationality,
        'street', p.street, 'postCode', p.post_code, 'municipality', p.municipality, 'deceasedOn', p.deceased_on,
        'replacedBy', p.replaced_by)
    FROM identification.persons p WHERE p.ssin = ANY(ssins)
    UNION ALL SELECT 'identification.careers', jsonb_build_object('ssin', c.ssin, 'quarter', c.quarter,
        'share', c.share, 'foreignShare', c.foreign_share, 'isPensioner', c.pensioner)
    FROM identification.careers c WHERE c.ssin = ANY(ssins)
    UNION ALL SELECT 'identification.cases', jsonb_build_object('number', c.declaration_id, 'state', c.state,
        'ssin', c.ssin, 'openedAt', c.opened_at, 'closedAt', c.closed_at, 'declaration', c.declaration::jsonb)
    FROM identification.cases c WHERE c.declaration_id = ANY(declarations)
    UNION ALL SELECT 'identification.case_history', jsonb_build_object('number', h.declaration_id, 'event', h.event,
        'reason', h.reason, 'recordedAt', h.recorded_at)
    FROM identification.case_history h WHERE h.declaration_id = ANY(declarations)
$$;
COMMENT ON FUNCTION identification.data_of_person IS
    'Each row about a person: the name of its table, and the row as JSON.';
REVOKE ALL ON FUNCTION identification.numbers_of_person, identification.data_of_person FROM PUBLIC;
GRANT USAGE ON SCHEMA identification TO dimona_contact;
GRANT EXECUTE ON FUNCTION identification.numbers_of_person, identification.data_of_person TO dimona_contact;

-- migrate:down
REVOKE USAGE ON SCHEMA identification FROM dimona_contact;
DROP FUNCTION identification.data_of_person, identification.numbers_of_person;
