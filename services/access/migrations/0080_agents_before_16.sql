-- migrate:up
-- PostgreSQL 15 has no pg_input_is_valid.
CREATE OR REPLACE FUNCTION access.human_behind(agent text) RETURNS text LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    given CONSTANT text := lower(btrim(agent));
    parsed uuid;
BEGIN
    BEGIN
        parsed := given::uuid;
    EXCEPTION WHEN invalid_text_representation THEN
        RETURN given;
    END;
    RETURN coalesce((SELECT p.ssin::text FROM access.person p WHERE p.user_id = parsed), parsed::text);
END $$;

-- migrate:down
CREATE OR REPLACE FUNCTION access.human_behind(agent text) RETURNS text LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    given CONSTANT text := lower(btrim(agent));
BEGIN
    IF NOT pg_input_is_valid(given, 'uuid') THEN
        RETURN given;
    END IF;
    RETURN coalesce((SELECT p.ssin::text FROM access.person p WHERE p.user_id = given::uuid), given::uuid::text);
END $$;
