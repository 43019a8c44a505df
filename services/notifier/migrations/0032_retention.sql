-- migrate:up
-- Removal of rows whose term is over (ADR 31).
SELECT platform.create_removal('notifier', 'refusals', 'refusal_id', 't.refused_at');
SELECT platform.create_removal('notifier', 'dispatches', 'seq',
    'CASE WHEN t.state <> ''pending'' THEN t.changed_at END', 't.event');

-- The notification stays, with the instant at which its message was removed: the ledger knows that it was told.
ALTER TABLE notifier.notifications ADD message_removed_at timestamptz;
COMMENT ON COLUMN notifier.notifications.message_removed_at IS 'When its message, which had expired, was removed.';
-- Messages lie on the disk in the order of their expiry, for which this kind of index is small.
CREATE INDEX messages_by_expiry ON notifier.messages USING brin (expires_at);

-- A person sees each reading of a message also after the message was removed (ADR 31, ADR 36). A message with a letter
-- that was not sent on paper stays.
ALTER TABLE notifier.readings DROP CONSTRAINT readings_message_id_fkey;
ALTER TABLE notifier.readings ADD enterprise_number text, ADD declaration_id bigint;
COMMENT ON TABLE notifier.readings IS
    'The first reading of a message by each reader, the subject of a token. A row stays after its message was removed.';
COMMENT ON COLUMN notifier.readings.enterprise_number IS 'The e-Box of a removed message; null while the message exists.';
COMMENT ON COLUMN notifier.readings.declaration_id IS 'The declaration of a removed message; null while the message exists.';
CREATE INDEX readings_of_removed ON notifier.readings (declaration_id) WHERE declaration_id IS NOT NULL;

CREATE FUNCTION notifier.remove_messages(before timestamptz, most int, INOUT place text, OUT keys text[])
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
COMMENT ON FUNCTION notifier.remove_messages IS 'Removes expired messages with all that belongs to them; returns the removed rows.';
REVOKE ALL ON FUNCTION notifier.remove_messages, notifier.remove_refusals, notifier.remove_dispatches FROM PUBLIC;

-- Each message tells its readers when it expires; then it goes.
INSERT INTO platform.retention_terms (schema_name, table_name, keep, source)
VALUES ('notifier', 'messages', '0', 'The expiry of each message, which its readers see (docs/notifications.md)');

DO $$
BEGIN
    -- Its own migration comes later and finds the role.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'dimona_ledger') THEN
        CREATE ROLE dimona_ledger LOGIN;
    END IF;
END $$;
GRANT SELECT (message_removed_at) ON notifier.notifications TO dimona_ledger;

-- migrate:down
DELETE FROM platform.retention_terms WHERE schema_name = 'notifier';
DROP FUNCTION notifier.remove_messages, notifier.remove_refusals, notifier.remove_dispatches;
DROP INDEX notifier.messages_by_expiry;
ALTER TABLE notifier.notifications DROP COLUMN message_removed_at;
DELETE FROM notifier.readings r WHERE NOT EXISTS (SELECT FROM notifier.messages m WHERE m.message_id = r.message_id);
DROP INDEX notifier.readings_of_removed;
ALTER TABLE notifier.readings DROP COLUMN declaration_id, DROP COLUMN enterprise_number;
ALTER TABLE notifier.readings ADD FOREIGN KEY (message_id) REFERENCES notifier.messages;
