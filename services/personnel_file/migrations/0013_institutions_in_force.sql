-- migrate:up

-- The feed goes to institutions with an authorization in force, with its fields (ADR 30).
CREATE OR REPLACE FUNCTION personnel_file.save_settlement(changes json, recover boolean) RETURNS json LANGUAGE plpgsql AS $$
BEGIN
    IF recover THEN
        BEGIN
            PERFORM personnel_file.save_settled_rows(changes);
        EXCEPTION WHEN exclusion_violation THEN
            RETURN NULL;
        END;
    ELSE
        PERFORM personnel_file.save_settled_rows(changes);
    END IF;
    RETURN coalesce((
        SELECT json_agg(json_build_array(i.institution_id, i.fields) ORDER BY i.institution_id)
        FROM access.institutions_in_force i), '[]');
END $$;

-- migrate:down
CREATE OR REPLACE FUNCTION personnel_file.save_settlement(changes json, recover boolean) RETURNS json LANGUAGE plpgsql AS $$
BEGIN
    IF recover THEN
        BEGIN
            PERFORM personnel_file.save_settled_rows(changes);
        EXCEPTION WHEN exclusion_violation THEN
            RETURN NULL;
        END;
    ELSE
        PERFORM personnel_file.save_settled_rows(changes);
    END IF;
    RETURN coalesce((
        SELECT json_agg(json_build_array(i.institution_id, i.fields) ORDER BY i.institution_id)
        FROM access.institutions i), '[]');
END $$;
