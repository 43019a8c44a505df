-- migrate:up
-- The person sees every reading of a message, not only the first (ADR 35, ADR 36).
CREATE OR REPLACE FUNCTION notifier.looks_at_person(ssins text[], declarations bigint[], before timestamptz, most int)
RETURNS TABLE (place text, looked_at timestamptz, reader text, organization text, operation text, subject jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH mine AS MATERIALIZED (SELECT * FROM notifier.messages_of_person(ssins, declarations))
    (SELECT 'platform.looks', l.looked_at, l.reader, m.enterprise_number, l.operation,
        jsonb_strip_nulls(jsonb_build_object('messageId', m.message_id, 'number', m.declaration_id))
    FROM mine m JOIN platform.looks l ON l.about = m.message_id::text
    WHERE l.looked_at < before ORDER BY l.looked_at DESC FETCH FIRST most ROWS WITH TIES)
    UNION ALL
    -- First readings from before every reading was recorded.
    (SELECT 'notifier.readings', r.read_at, r.reader, m.enterprise_number, 'readMessage',
        jsonb_strip_nulls(jsonb_build_object('messageId', m.message_id, 'number', m.declaration_id))
    FROM mine m JOIN notifier.readings r USING (message_id)
    WHERE r.read_at < before AND NOT EXISTS (
        SELECT FROM platform.looks l WHERE l.about = m.message_id::text AND l.reader = r.reader)
    ORDER BY r.read_at DESC FETCH FIRST most ROWS WITH TIES)
$$;

-- migrate:down
CREATE OR REPLACE FUNCTION notifier.looks_at_person(ssins text[], declarations bigint[], before timestamptz, most int)
RETURNS TABLE (place text, looked_at timestamptz, reader text, organization text, operation text, subject jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'notifier.readings', r.read_at, r.reader, m.enterprise_number, 'readMessage',
        jsonb_strip_nulls(jsonb_build_object('messageId', m.message_id, 'number', m.declaration_id))
    FROM notifier.messages_of_person(ssins, declarations) m JOIN notifier.readings r USING (message_id)
    WHERE r.read_at < before ORDER BY r.read_at DESC FETCH FIRST most ROWS WITH TIES
$$;
