-- migrate:up
-- Old contents of files stay while a person is on hold: a file has forms of many persons, so a hold of any person keeps
-- all of them, as it keeps all months (ADR 31). A hold of a table keeps it too.
CREATE FUNCTION files.is_held() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM platform.holds h
        WHERE h.released_at IS NULL AND (h.person IS NOT NULL OR h.table_name LIKE 'files.%'))
$$;
COMMENT ON FUNCTION files.is_held IS 'Whether a hold keeps the contents of files.';
REVOKE ALL ON FUNCTION files.is_held FROM PUBLIC;
GRANT EXECUTE ON FUNCTION files.is_held TO dimona_files;

-- migrate:down
DROP FUNCTION files.is_held;
