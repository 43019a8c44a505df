-- migrate:up
-- What institutions got about a person, for contact (ADR 36). The log names workers by keyed codes.
CREATE FUNCTION feed.looks_at_person(codes text[], before timestamptz, most int)
RETURNS TABLE (place text, looked_at timestamptz, reader text, organization text, operation text, subject jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'feed.disclosures', d.disclosed_at, d.institution_id, NULL::text, d.way,
        jsonb_strip_nulls(jsonb_build_object('institution', d.institution_id, 'words', a.purpose,
            'legalBasis', a.legal_basis))
    FROM feed.disclosures d
    LEFT JOIN access.institution_authorization a
        ON a.authorization_id = d.authorization_id AND a.version = d.version
    WHERE d.workers && codes AND d.disclosed_at < before
    ORDER BY d.disclosed_at DESC FETCH FIRST most ROWS WITH TIES
$$;
COMMENT ON FUNCTION feed.looks_at_person IS 'The newest disclosures to institutions before an instant about a worker.';
REVOKE ALL ON FUNCTION feed.looks_at_person FROM PUBLIC;
GRANT USAGE ON SCHEMA feed TO dimona_contact;
GRANT EXECUTE ON FUNCTION feed.looks_at_person TO dimona_contact;

-- migrate:down
REVOKE USAGE ON SCHEMA feed FROM dimona_contact;
DROP FUNCTION feed.looks_at_person;
