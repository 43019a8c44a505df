-- migrate:up
-- Looks that name no message, file or case are found through their organizations, and parked messages through the
-- persons in them, so that each person sees them (ADR 36).
ALTER TABLE platform.looks ADD persons bytea[];
COMMENT ON COLUMN platform.looks.persons IS
    'Keyed codes of the numbers in a parked message that was shown, as in platform.holds; null for other looks.';
CREATE INDEX looks_at_lists ON platform.looks USING gin (organizations) WHERE about IS NULL;
CREATE INDEX looks_at_persons ON platform.looks USING gin (persons) WHERE persons IS NOT NULL;

CREATE FUNCTION platform.store_parked_look(operation text, about text, reason text, numbers text[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO platform.looks (operation, reader, organizations, about, reason, persons)
    SELECT operation, session_user, '{}', about, reason, array_agg(platform.person_code(n)) FROM unnest(numbers) AS n
$$;
COMMENT ON FUNCTION platform.store_parked_look IS
    'Stores the look of the operator with this login at a parked message, with the persons in it.';

-- What is no data of one service: holds, and messages that the broker can never take, of which there are few. Such a
-- message may name other persons, so only its origin is given. The reason of a hold may name an inquiry, whose cover a
-- dated rule bounds.
CREATE FUNCTION platform.data_of_person(ssins text[], declarations bigint[], employers text[])
RETURNS TABLE (place text, item jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    holder text;
BEGIN
    RETURN QUERY SELECT 'platform.holds', jsonb_build_object('heldAt', h.held_at, 'releasedAt', h.released_at)
        FROM platform.holds h WHERE h.person = ANY(ARRAY(SELECT platform.person_code(s) FROM unnest(ssins) AS s));
    FOR holder IN
        SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relname = 'set_aside' AND c.relkind = 'r' ORDER BY 1
    LOOP
        RETURN QUERY EXECUTE format(
            $q$SELECT %L, jsonb_build_object('type', a.type, 'createdAt', a.created_at, 'setAsideAt', a.set_aside_at,
                'ssins', ARRAY(SELECT s FROM unnest($1) AS s WHERE strpos(a.body, s) > 0))
            FROM %I.set_aside a WHERE EXISTS (SELECT FROM unnest($1) AS s WHERE strpos(a.body, s) > 0)$q$,
            holder || '.set_aside', holder) USING ssins;
    END LOOP;
END $$;
COMMENT ON FUNCTION platform.data_of_person IS 'Each row about a person: the name of its table, and the row as JSON.';

CREATE FUNCTION platform.looks_of_reader(reader text, since timestamptz, before timestamptz, most int)
RETURNS TABLE (place text, looked_at timestamptz, reader_id text, organization text, operation text, subject jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    (SELECT 'platform.looks', l.looked_at, l.reader, NULL::text, l.operation,
        jsonb_strip_nulls(jsonb_build_object('organizations', l.organizations, 'about', l.about, 'words', l.reason))
    FROM platform.looks l
    WHERE l.reader = looks_of_reader.reader AND l.looked_at >= since AND l.looked_at < before
    ORDER BY l.looked_at DESC FETCH FIRST most ROWS WITH TIES)
    UNION ALL
    (SELECT 'platform.security_log', s.happened_at, s.subject, NULL::text, s.event,
        jsonb_strip_nulls(jsonb_build_object('outcome', s.outcome, 'operation', s.operation, 'client', s.client_id))
    FROM platform.security_log s
    WHERE s.subject = looks_of_reader.reader AND s.happened_at >= since AND s.happened_at < before
    ORDER BY s.happened_at DESC FETCH FIRST most ROWS WITH TIES)
$$;
COMMENT ON FUNCTION platform.looks_of_reader IS 'The newest looks of a reader in a period, and security events.';
REVOKE ALL ON FUNCTION platform.store_parked_look, platform.data_of_person, platform.looks_of_reader FROM PUBLIC;
GRANT EXECUTE ON FUNCTION platform.data_of_person, platform.looks_of_reader TO dimona_contact;

-- An operator may set a term for cases of identification too.
CREATE OR REPLACE FUNCTION platform.set_term(target text, new_keep interval, why text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    removable CONSTANT text[] := ARRAY[
        'personnel_file.relations', 'intake.declarations', 'intake.denials', 'intake.organization_days',
        'identification.cases', 'contact.cases', 'contact.notifications', 'contact.refusals',
        'notifier.messages', 'notifier.dispatches', 'notifier.refusals'];
    target_schema text := split_part(target, '.', 1); target_table text := split_part(target, '.', 2);
BEGIN
    IF target IS NULL OR target <> ALL(removable) THEN
        RETURN false;
    END IF;
    IF new_keep IS NULL THEN
        DELETE FROM platform.retention_terms t WHERE t.schema_name = target_schema AND t.table_name = target_table;
    ELSE
        INSERT INTO platform.retention_terms AS t (schema_name, table_name, keep, source)
        VALUES (target_schema, target_table, new_keep, why)
        ON CONFLICT (schema_name, table_name) DO UPDATE
            SET keep = excluded.keep, source = excluded.source, set_at = clock_timestamp(), place = '';
    END IF;
    INSERT INTO platform.operator_log (account, action, subject, reason)
    VALUES (session_user, 'retention.term', target, concat_ws(': ', coalesce(new_keep::text, 'keep all'), why));
    RETURN true;
END $$;

-- migrate:down
CREATE OR REPLACE FUNCTION platform.set_term(target text, new_keep interval, why text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    removable CONSTANT text[] := ARRAY[
        'personnel_file.relations', 'intake.declarations', 'intake.denials', 'intake.organization_days',
        'contact.cases', 'contact.notifications', 'contact.refusals',
        'notifier.messages', 'notifier.dispatches', 'notifier.refusals'];
    target_schema text := split_part(target, '.', 1); target_table text := split_part(target, '.', 2);
BEGIN
    IF target IS NULL OR target <> ALL(removable) THEN
        RETURN false;
    END IF;
    IF new_keep IS NULL THEN
        DELETE FROM platform.retention_terms t WHERE t.schema_name = target_schema AND t.table_name = target_table;
    ELSE
        INSERT INTO platform.retention_terms AS t (schema_name, table_name, keep, source)
        VALUES (target_schema, target_table, new_keep, why)
        ON CONFLICT (schema_name, table_name) DO UPDATE
            SET keep = excluded.keep, source = excluded.source, set_at = clock_timestamp(), place = '';
    END IF;
    INSERT INTO platform.operator_log (account, action, subject, reason)
    VALUES (session_user, 'retention.term', target, concat_ws(': ', coalesce(new_keep::text, 'keep all'), why));
    RETURN true;
END $$;
DROP FUNCTION platform.looks_of_reader, platform.data_of_person, platform.store_parked_look;
DROP INDEX platform.looks_at_persons, platform.looks_at_lists;
ALTER TABLE platform.looks DROP COLUMN persons;
