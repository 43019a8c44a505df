-- migrate:up
-- A person sees each reading of a message also after the message was removed (ADR 31, ADR 36). A message with a letter
-- that was not sent on paper stays.
ALTER TABLE notifier.readings DROP CONSTRAINT readings_message_id_fkey;
ALTER TABLE notifier.readings ADD enterprise_number text, ADD declaration_id bigint;
COMMENT ON TABLE notifier.readings IS
    'The first reading of a message by each reader, the subject of a token. A row stays after its message was removed.';
COMMENT ON COLUMN notifier.readings.enterprise_number IS 'The e-Box of a removed message; null while the message exists.';
COMMENT ON COLUMN notifier.readings.declaration_id IS 'The declaration of a removed message; null while the message exists.';
CREATE INDEX readings_of_removed ON notifier.readings (declaration_id) WHERE declaration_id IS NOT NULL;

CREATE OR REPLACE FUNCTION notifier.remove_messages(before timestamptz, most int, INOUT place text, OUT keys text[])
LANGUAGE plpgsql AS $$
DECLARE
    expired uuid[];
BEGIN
    SELECT array_agg(m.message_id) INTO expired FROM (
        SELECT m.message_id FROM notifier.messages m
        WHERE m.expires_at <= before AND NOT platform.is_person_held(concat_ws(' ', m.data, m.letter))
            AND NOT EXISTS (SELECT FROM notifier.print_jobs p WHERE p.message_id = m.message_id AND p.state <> 'sent')
        LIMIT most FOR UPDATE OF m SKIP LOCKED) AS m;
    UPDATE notifier.readings r SET enterprise_number = m.enterprise_number, declaration_id = m.declaration_id
    FROM notifier.messages m WHERE m.message_id = r.message_id AND r.message_id = ANY(expired);
    WITH labeled AS (DELETE FROM notifier.labels WHERE message_id = ANY(expired)
        RETURNING 'labels ' || message_id || ' ' || label || ' ' || reader),
    asked AS (DELETE FROM notifier.attention WHERE message_id = ANY(expired)
        RETURNING 'attention ' || message_id || ' ' || user_id),
    planned AS (DELETE FROM notifier.announcements WHERE message_id = ANY(expired)
        RETURNING 'announcements ' || message_id),
    events AS (DELETE FROM notifier.ebox_events WHERE message_id = ANY(expired)
        RETURNING 'ebox_events ' || sequence),
    printed AS (DELETE FROM notifier.print_jobs WHERE message_id = ANY(expired)
        RETURNING 'print_jobs ' || coalesce(file, message_id::text))
    SELECT array_agg(k) INTO keys FROM (
        SELECT * FROM labeled UNION ALL SELECT * FROM asked UNION ALL SELECT * FROM planned
        UNION ALL SELECT * FROM events UNION ALL SELECT * FROM printed) AS g (k);
    UPDATE notifier.notifications SET message_removed_at = platform.now() WHERE notification_id = ANY(expired);
    DELETE FROM notifier.messages WHERE message_id = ANY(expired);
    keys := keys || array(SELECT 'messages ' || e FROM unnest(expired) AS e);
END $$;

CREATE OR REPLACE FUNCTION notifier.looks_at_person(ssins text[], declarations bigint[], before timestamptz, most int)
RETURNS TABLE (place text, looked_at timestamptz, reader text, organization text, operation text, subject jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH mine AS MATERIALIZED (
        SELECT m.message_id, m.enterprise_number, m.declaration_id FROM notifier.messages_of_person(ssins, declarations) m
        UNION SELECT r.message_id, r.enterprise_number, r.declaration_id FROM notifier.readings r
        WHERE r.declaration_id = ANY(declarations))
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
CREATE OR REPLACE FUNCTION notifier.remove_messages(before timestamptz, most int, INOUT place text, OUT keys text[])
LANGUAGE plpgsql AS $$
DECLARE
    expired uuid[];
BEGIN
    SELECT array_agg(m.message_id) INTO expired FROM (
        SELECT message_id FROM notifier.messages
        WHERE expires_at <= before AND NOT platform.is_person_held(concat_ws(' ', data, letter))
        LIMIT most FOR UPDATE SKIP LOCKED) AS m;
    WITH read AS (DELETE FROM notifier.readings WHERE message_id = ANY(expired)
        RETURNING 'readings ' || message_id || ' ' || reader),
    labeled AS (DELETE FROM notifier.labels WHERE message_id = ANY(expired)
        RETURNING 'labels ' || message_id || ' ' || label || ' ' || reader),
    asked AS (DELETE FROM notifier.attention WHERE message_id = ANY(expired)
        RETURNING 'attention ' || message_id || ' ' || user_id),
    planned AS (DELETE FROM notifier.announcements WHERE message_id = ANY(expired)
        RETURNING 'announcements ' || message_id),
    events AS (DELETE FROM notifier.ebox_events WHERE message_id = ANY(expired)
        RETURNING 'ebox_events ' || sequence),
    printed AS (DELETE FROM notifier.print_jobs WHERE message_id = ANY(expired)
        RETURNING 'print_jobs ' || coalesce(file, message_id::text))
    SELECT array_agg(k) INTO keys FROM (
        SELECT * FROM read UNION ALL SELECT * FROM labeled UNION ALL SELECT * FROM asked UNION ALL SELECT * FROM planned
        UNION ALL SELECT * FROM events UNION ALL SELECT * FROM printed) AS g (k);
    UPDATE notifier.notifications SET message_removed_at = platform.now() WHERE notification_id = ANY(expired);
    DELETE FROM notifier.messages WHERE message_id = ANY(expired);
    keys := keys || array(SELECT 'messages ' || e FROM unnest(expired) AS e);
END $$;
DELETE FROM notifier.readings r WHERE NOT EXISTS (SELECT FROM notifier.messages m WHERE m.message_id = r.message_id);
DROP INDEX notifier.readings_of_removed;
ALTER TABLE notifier.readings DROP COLUMN declaration_id, DROP COLUMN enterprise_number;
ALTER TABLE notifier.readings ADD FOREIGN KEY (message_id) REFERENCES notifier.messages;
