-- migrate:up

-- `changes` is divided into its tables once: each `changes->'name'` reads the whole text again, which was a third of
-- the time of the call.
CREATE OR REPLACE FUNCTION personnel_file.save_settled_rows(changes json) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    given record;
BEGIN
    SELECT * INTO given FROM json_to_record(changes) AS r (
        relations json, history json, feed json, periods json, days json, settlements json, late json, discards json,
        waiting json, resumed json);
    IF given.relations IS NOT NULL THEN
        INSERT INTO personnel_file.relations
            (relation_id, employer, ssin, employer_id, start_date, end_date, version, worker)
        OVERRIDING SYSTEM VALUE
        SELECT n.relation_id, n.employer, n.ssin, n.employer_id, n.start_date, n.end_date, n.version, n.worker
        FROM json_populate_recordset(NULL::personnel_file.relations, given.relations) AS n
        ON CONFLICT (employer, ssin) DO UPDATE
            SET end_date = excluded.end_date, version = excluded.version, worker = excluded.worker;
        INSERT INTO personnel_file.history (employer, ssin, version, declaration_id, event, recorded_at)
        SELECT n.employer, n.ssin, n.version, n.declaration_id, n.event, n.recorded_at
        FROM json_populate_recordset(NULL::personnel_file.history, given.history) AS n;
        INSERT INTO personnel_file.feed (event_id, type, data, occurred_at)
        SELECT n.event_id, n.type, n.data, n.occurred_at
        FROM json_populate_recordset(NULL::personnel_file.feed, given.feed) AS n;
    END IF;
    IF given.periods IS NOT NULL THEN
        INSERT INTO personnel_file.periods (period_id, employer, ssin, features, features_key, start_date, end_date,
            start_hour, end_hour, planned_hours, span, canceled, locked, late, counted, quota_account, overlapping,
            planned_days)
        SELECT n.period_id, n.employer, n.ssin, n.features, n.features_key, n.start_date, n.end_date,
            n.start_hour, n.end_hour, n.planned_hours, n.span, n.canceled, n.locked, n.late, n.counted,
            n.quota_account, n.overlapping, n.planned_days
        FROM json_populate_recordset(NULL::personnel_file.periods, given.periods) AS n
        ON CONFLICT (period_id) DO UPDATE SET start_date = excluded.start_date, end_date = excluded.end_date,
            start_hour = excluded.start_hour, end_hour = excluded.end_hour,
            planned_hours = excluded.planned_hours, span = excluded.span, canceled = excluded.canceled,
            locked = excluded.locked, overlapping = excluded.overlapping,
            planned_days = excluded.planned_days;
    END IF;
    IF given.days IS NOT NULL THEN
        INSERT INTO personnel_file.daily_registrations
            (registration_id, period_id, start_date, end_date, start_hour, end_hour, span, canceled)
        SELECT n.registration_id, n.period_id, n.start_date, n.end_date, n.start_hour, n.end_hour, n.span, n.canceled
        FROM json_populate_recordset(NULL::personnel_file.daily_registrations, given.days) AS n
        ON CONFLICT (registration_id) DO UPDATE SET start_date = excluded.start_date,
            end_date = excluded.end_date, start_hour = excluded.start_hour, end_hour = excluded.end_hour,
            span = excluded.span, canceled = excluded.canceled;
    END IF;
    IF given.settlements IS NOT NULL THEN
        INSERT INTO personnel_file.settlements (declaration_id, result, period_id, settled_at)
        SELECT n.declaration_id, n.result, n.period_id, n.settled_at
        FROM json_populate_recordset(NULL::personnel_file.settlements, given.settlements) AS n;
    END IF;
    IF given.late IS NOT NULL THEN
        INSERT INTO personnel_file.late
        SELECT n.* FROM json_populate_recordset(NULL::personnel_file.late, given.late) AS n;
    END IF;
    IF given.discards IS NOT NULL THEN
        INSERT INTO personnel_file.discards (declaration_id, discarded_by, discarded_at, reason)
        SELECT n.declaration_id, n.discarded_by, n.discarded_at, n.reason
        FROM json_populate_recordset(NULL::personnel_file.discards, given.discards) AS n;
    END IF;
    -- The first message of a declaration stays: its discard may wait too, or the other way round.
    IF given.waiting IS NOT NULL THEN
        INSERT INTO personnel_file.waiting (declaration_id, previous, message, since)
        SELECT n.declaration_id, n.previous, n.message, n.since
        FROM json_populate_recordset(NULL::personnel_file.waiting, given.waiting) AS n
        ON CONFLICT (declaration_id) DO NOTHING;
    END IF;
    IF given.resumed IS NOT NULL THEN
        DELETE FROM personnel_file.waiting w
        WHERE w.declaration_id = ANY(array(SELECT e::bigint FROM json_array_elements_text(given.resumed) AS e));
    END IF;
END $$;

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

-- A carrier lives for a moment: compressing it costs more than its bytes.
ALTER TABLE personnel_file.outbox ALTER body SET STORAGE EXTERNAL;

-- migrate:down
ALTER TABLE personnel_file.outbox ALTER body SET STORAGE EXTENDED;
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
    IF changes->'feed' IS NULL THEN
        RETURN '[]';
    END IF;
    RETURN coalesce((
        SELECT json_agg(json_build_array(i.institution_id, i.fields) ORDER BY i.institution_id)
        FROM access.institutions i), '[]');
END $$;

CREATE OR REPLACE FUNCTION personnel_file.save_settled_rows(changes json) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF changes->'relations' IS NOT NULL THEN
        INSERT INTO personnel_file.relations
            (relation_id, employer, ssin, employer_id, start_date, end_date, version, worker)
        OVERRIDING SYSTEM VALUE
        SELECT n.relation_id, n.employer, n.ssin, n.employer_id, n.start_date, n.end_date, n.version, n.worker
        FROM json_populate_recordset(NULL::personnel_file.relations, changes->'relations') AS n
        ON CONFLICT (employer, ssin) DO UPDATE
            SET end_date = excluded.end_date, version = excluded.version, worker = excluded.worker;
        INSERT INTO personnel_file.history (employer, ssin, version, declaration_id, event, recorded_at)
        SELECT n.employer, n.ssin, n.version, n.declaration_id, n.event, n.recorded_at
        FROM json_populate_recordset(NULL::personnel_file.history, changes->'history') AS n;
        INSERT INTO personnel_file.feed (event_id, type, data, occurred_at)
        SELECT n.event_id, n.type, n.data, n.occurred_at
        FROM json_populate_recordset(NULL::personnel_file.feed, changes->'feed') AS n;
    END IF;
    IF changes->'periods' IS NOT NULL THEN
        INSERT INTO personnel_file.periods (period_id, employer, ssin, features, features_key, start_date, end_date,
            start_hour, end_hour, planned_hours, span, canceled, locked, late, counted, quota_account, overlapping,
            planned_days)
        SELECT n.period_id, n.employer, n.ssin, n.features, n.features_key, n.start_date, n.end_date,
            n.start_hour, n.end_hour, n.planned_hours, n.span, n.canceled, n.locked, n.late, n.counted,
            n.quota_account, n.overlapping, n.planned_days
        FROM json_populate_recordset(NULL::personnel_file.periods, changes->'periods') AS n
        ON CONFLICT (period_id) DO UPDATE SET start_date = excluded.start_date, end_date = excluded.end_date,
            start_hour = excluded.start_hour, end_hour = excluded.end_hour,
            planned_hours = excluded.planned_hours, span = excluded.span, canceled = excluded.canceled,
            locked = excluded.locked, overlapping = excluded.overlapping,
            planned_days = excluded.planned_days;
    END IF;
    IF changes->'days' IS NOT NULL THEN
        INSERT INTO personnel_file.daily_registrations
            (registration_id, period_id, start_date, end_date, start_hour, end_hour, span, canceled)
        SELECT n.registration_id, n.period_id, n.start_date, n.end_date, n.start_hour, n.end_hour, n.span, n.canceled
        FROM json_populate_recordset(NULL::personnel_file.daily_registrations, changes->'days') AS n
        ON CONFLICT (registration_id) DO UPDATE SET start_date = excluded.start_date,
            end_date = excluded.end_date, start_hour = excluded.start_hour, end_hour = excluded.end_hour,
            span = excluded.span, canceled = excluded.canceled;
    END IF;
    IF changes->'settlements' IS NOT NULL THEN
        INSERT INTO personnel_file.settlements (declaration_id, result, period_id, settled_at)
        SELECT n.declaration_id, n.result, n.period_id, n.settled_at
        FROM json_populate_recordset(NULL::personnel_file.settlements, changes->'settlements') AS n;
    END IF;
    IF changes->'late' IS NOT NULL THEN
        INSERT INTO personnel_file.late
        SELECT n.* FROM json_populate_recordset(NULL::personnel_file.late, changes->'late') AS n;
    END IF;
    IF changes->'discards' IS NOT NULL THEN
        INSERT INTO personnel_file.discards (declaration_id, discarded_by, discarded_at, reason)
        SELECT n.declaration_id, n.discarded_by, n.discarded_at, n.reason
        FROM json_populate_recordset(NULL::personnel_file.discards, changes->'discards') AS n;
    END IF;
    -- The first message of a declaration stays: its discard may wait too, or the other way round.
    IF changes->'waiting' IS NOT NULL THEN
        INSERT INTO personnel_file.waiting (declaration_id, previous, message, since)
        SELECT n.declaration_id, n.previous, n.message, n.since
        FROM json_populate_recordset(NULL::personnel_file.waiting, changes->'waiting') AS n
        ON CONFLICT (declaration_id) DO NOTHING;
    END IF;
    IF changes->'resumed' IS NOT NULL THEN
        DELETE FROM personnel_file.waiting w
        WHERE w.declaration_id = ANY(array(SELECT e::bigint FROM json_array_elements_text(changes->'resumed') AS e));
    END IF;
END $$;
