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

CREATE FUNCTION notifier.remove_messages(before timestamptz, most int, INOUT place text, OUT keys text[])
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
