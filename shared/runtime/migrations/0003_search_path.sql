-- migrate:up
-- A function that runs with its owner's rights looks nothing up in a schema of the caller.
ALTER FUNCTION platform.now() SET search_path = pg_catalog, pg_temp;

-- migrate:down
ALTER FUNCTION platform.now() RESET search_path;
