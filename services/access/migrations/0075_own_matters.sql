-- migrate:up
-- An agent does not decide about an own matter. Two users with one NISS are one human, so the rights of both count.
CREATE FUNCTION access.is_own_matter(agent uuid, ssins text[], enterprises text[]) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH human AS (
        SELECT o.user_id, o.ssin::text AS ssin
        FROM access.person p JOIN access.person o ON o.ssin = p.ssin WHERE p.user_id = agent)
    SELECT EXISTS (SELECT FROM human h WHERE h.ssin = ANY(ssins))
        OR EXISTS (
            SELECT FROM human h JOIN access.granted g ON g.user_id = h.user_id
            WHERE g.enterprise_number = ANY(enterprises) AND g.revoked_at IS NULL)
        OR EXISTS (
            SELECT FROM access.enterprise e JOIN human h ON h.ssin = ANY(e.representatives)
            WHERE e.enterprise_number = ANY(enterprises))
$$;
COMMENT ON FUNCTION access.is_own_matter IS
    'Whether a user has one of these numbers, or acts for one of these enterprises or represents it by law.';
REVOKE ALL ON FUNCTION access.is_own_matter FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access.is_own_matter TO dimona_identification, dimona_contact, dimona_personnel_file;

-- migrate:down
DROP FUNCTION access.is_own_matter;
