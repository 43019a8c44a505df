-- migrate:up
-- What e-Boxes and deliveries hold about a person, and each reading of it, for contact (ADR 36).
-- The message of a notification is found by its id; these are the others, of which there are few.
CREATE INDEX messages_of_others ON notifier.messages (declaration_id)
    WHERE message_type NOT IN ('dimonaPositive', 'dimonaNegative', 'dimonaProvisional');
CREATE INDEX dispatches_of_declaration ON notifier.dispatches (declaration_id);

CREATE FUNCTION notifier.messages_of_person(ssins text[], declarations bigint[]) RETURNS SETOF notifier.messages
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT m.* FROM notifier.notifications n JOIN notifier.messages m ON m.message_id = n.notification_id
    WHERE n.declaration_id = ANY(declarations)
    UNION ALL
    SELECT m.* FROM notifier.messages m
    WHERE m.declaration_id = ANY(declarations)
        AND m.message_type NOT IN ('dimonaPositive', 'dimonaNegative', 'dimonaProvisional')
    UNION ALL
    SELECT m.* FROM notifier.messages m
    WHERE m.declaration_id IS NULL AND m.message_type = 'workerChanged'
        AND m.message_type NOT IN ('dimonaPositive', 'dimonaNegative', 'dimonaProvisional')
        AND EXISTS (SELECT FROM unnest(ssins) AS s
            WHERE strpos(coalesce(m.data, ''), s) > 0 OR strpos(coalesce(m.letter, ''), s) > 0)
$$;

CREATE FUNCTION notifier.data_of_person(ssins text[], declarations bigint[], employers text[])
RETURNS TABLE (place text, item jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'notifier.notifications', jsonb_build_object('number', n.declaration_id, 'result', n.result,
        'addressee', n.addressee, 'issuedAt', n.issued_at, 'deadline', n.deadline)
    FROM notifier.notifications n WHERE n.declaration_id = ANY(declarations)
    UNION ALL SELECT 'notifier.messages', jsonb_build_object('messageId', m.message_id,
        'enterpriseNumber', m.enterprise_number, 'messageType', m.message_type, 'number', m.declaration_id,
        'depositedAt', m.deposited_at, 'expiresAt', m.expires_at, 'letter', m.letter::jsonb, 'data', m.data::jsonb)
    FROM notifier.messages_of_person(ssins, declarations) m
    UNION ALL SELECT 'notifier.dispatches', jsonb_build_object('enterpriseNumber', s.enterprise_number,
        'channel', s.channel, 'state', d.state, 'changedAt', d.changed_at, 'event', d.event::jsonb)
    FROM notifier.dispatches d JOIN notifier.subscriptions s USING (subscription_id)
    WHERE d.declaration_id = ANY(declarations)
        OR (d.declaration_id IS NULL AND EXISTS (SELECT FROM unnest(ssins) AS n WHERE strpos(d.event, n) > 0))
$$;
COMMENT ON FUNCTION notifier.data_of_person IS 'Each row about a person: the name of its table, and the row as JSON.';

CREATE FUNCTION notifier.looks_at_person(ssins text[], declarations bigint[], before timestamptz, most int)
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
COMMENT ON FUNCTION notifier.looks_at_person IS 'The newest readings of messages about a person before an instant.';
CREATE FUNCTION notifier.addressees_of_declarations(declarations bigint[])
RETURNS TABLE (declaration_id bigint, addressee text, issued_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT n.declaration_id, n.addressee, n.issued_at FROM notifier.notifications n
    WHERE n.declaration_id = ANY(declarations) AND NOT n.provisional
$$;
COMMENT ON FUNCTION notifier.addressees_of_declarations IS 'The enterprise that got the notification of each declaration.';
REVOKE ALL ON FUNCTION notifier.addressees_of_declarations, notifier.messages_of_person, notifier.data_of_person, notifier.looks_at_person FROM PUBLIC;
GRANT USAGE ON SCHEMA notifier TO dimona_contact;
GRANT EXECUTE ON FUNCTION notifier.addressees_of_declarations, notifier.data_of_person, notifier.looks_at_person TO dimona_contact;

-- migrate:down
REVOKE USAGE ON SCHEMA notifier FROM dimona_contact;
DROP FUNCTION notifier.addressees_of_declarations, notifier.looks_at_person, notifier.data_of_person, notifier.messages_of_person;
DROP INDEX notifier.dispatches_of_declaration, notifier.messages_of_others;
