-- migrate:up
-- The activity log of an organization: its users and clients at data about persons, the newest look first.
-- Each reader has its own part of the index of `platform.looks`, so many looks of others cost nothing.
CREATE INDEX granted_in_organization ON access.granted (enterprise_number, user_id);

CREATE FUNCTION access.looks_of_organization(organization text, before timestamptz, before_id bigint, most int)
RETURNS TABLE (look_id bigint, looked_at timestamptz, operation text, reader text, user_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 100 SET search_path = pg_catalog, pg_temp AS $$
    SELECT l.look_id, l.looked_at, l.operation, l.reader, own.user_id
    FROM (
        SELECT DISTINCT g.user_id, g.user_id::text AS reader FROM access.granted g
        WHERE g.enterprise_number = $1
        UNION ALL SELECT NULL, c.client_id FROM access.client c WHERE c.organization = $1) AS own
    CROSS JOIN LATERAL (
        SELECT p.look_id, p.looked_at, p.operation, p.reader FROM platform.looks p
        WHERE p.reader = own.reader AND p.looked_at <= before
            AND (p.looked_at, p.look_id) < (before, before_id) AND $1 = ANY(p.organizations)
        ORDER BY p.looked_at DESC, p.look_id DESC LIMIT most) AS l
    ORDER BY l.looked_at DESC, l.look_id DESC LIMIT most
$$;
COMMENT ON FUNCTION access.looks_of_organization IS
    'Looks of the users and clients of an organization, made for it: the newest before a place in the record.';
REVOKE ALL ON FUNCTION access.looks_of_organization FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access.looks_of_organization TO dimona_access;

-- migrate:down
DROP FUNCTION access.looks_of_organization;
DROP INDEX access.granted_in_organization;
