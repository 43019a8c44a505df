-- migrate:up
-- What intake holds about a person, for contact (ADR 36).
CREATE INDEX declarations_of_worker ON intake.declarations (ssin) WHERE ssin IS NOT NULL;

-- The person behind a query over REST, and the refusals of persons.
ALTER TABLE intake.readings ADD user_id uuid;
COMMENT ON COLUMN intake.readings.user_id IS
    'The person that read for the organization; null for a query of a program.';
GRANT INSERT (event, outcome, subject, client_id, operation, source) ON platform.security_log TO dimona_intake;

CREATE FUNCTION intake.declarations_of_person(ssins text[]) RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT number FROM intake.declarations WHERE ssin = ANY(ssins)
$$;
COMMENT ON FUNCTION intake.declarations_of_person IS 'Declarations that name one of these NISS.';

CREATE FUNCTION intake.data_of_person(ssins text[], declarations bigint[], employers text[])
RETURNS TABLE (place text, item jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'intake.declarations', jsonb_build_object('number', d.number, 'kind', d.kind, 'channel', d.channel,
        'organization', d.organization, 'employer', d.employer, 'ssin', d.ssin, 'receivedAt', d.received_at,
        'messageId', d.message_id, 'declared', d.declared::jsonb)
    FROM intake.declarations d WHERE d.number = ANY(declarations)
    UNION ALL SELECT 'intake.results', jsonb_build_object('number', r.number, 'isFinal', r.final, 'result', r.result,
        'recordedAt', r.recorded_at, 'answer', r.answer::jsonb)
    FROM intake.results r WHERE r.number = ANY(declarations)
$$;
COMMENT ON FUNCTION intake.data_of_person IS 'Each row about a person: the name of its table, and the row as JSON.';

CREATE FUNCTION intake.looks_at_person(declarations bigint[], before timestamptz, most int)
RETURNS TABLE (place text, looked_at timestamptz, reader text, organization text, operation text, subject jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'intake.readings', r.read_at, coalesce(r.user_id::text, r.client_id), r.organization, 'readDeclaration',
        jsonb_build_object('number', r.number)
    FROM intake.readings r WHERE r.number = ANY(declarations) AND r.read_at < before AND r.found
    ORDER BY r.read_at DESC FETCH FIRST most ROWS WITH TIES
$$;
COMMENT ON FUNCTION intake.looks_at_person IS 'The newest readings of these declarations before an instant.';
REVOKE ALL ON FUNCTION intake.declarations_of_person, intake.data_of_person, intake.looks_at_person FROM PUBLIC;
GRANT USAGE ON SCHEMA intake TO dimona_contact;
GRANT EXECUTE ON FUNCTION intake.declarations_of_person, intake.data_of_person, intake.looks_at_person
    TO dimona_contact;

-- migrate:down
REVOKE USAGE ON SCHEMA intake FROM dimona_contact;
DROP FUNCTION intake.looks_at_person, intake.data_of_person, intake.declarations_of_person;
DROP INDEX intake.declarations_of_worker;
REVOKE INSERT (event, outcome, subject, client_id, operation, source) ON platform.security_log FROM dimona_intake;
ALTER TABLE intake.readings DROP COLUMN user_id;
