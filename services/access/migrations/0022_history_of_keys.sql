-- migrate:up

-- Keys are changed like the rest of the directory, and remembered like it; what a key is stays in its own row.
CREATE FUNCTION access.remember_key() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    old_row jsonb := CASE WHEN TG_OP <> 'INSERT' THEN jsonb_strip_nulls(to_jsonb(OLD)) - 'jwk' END;
BEGIN
    INSERT INTO access.history (type, parties, before, after, changed_by)
    SELECT 'clientKeys.notify.' || CASE TG_OP WHEN 'INSERT' THEN 'added' ELSE 'changed' END,
           ARRAY[c.organization::text], old_row, jsonb_strip_nulls(to_jsonb(NEW)) - 'jwk',
           nullif(current_setting('access.changed_by', TRUE), '')::uuid
    FROM access.client c WHERE c.client_id = NEW.client_id;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION access.remember_key IS 'Writes a change of a key into the history, for the client''s organization.';

CREATE TRIGGER remember AFTER INSERT OR UPDATE ON access.client_key
    FOR EACH ROW EXECUTE FUNCTION access.remember_key();

-- migrate:down
DROP TRIGGER remember ON access.client_key;
DROP FUNCTION access.remember_key;
