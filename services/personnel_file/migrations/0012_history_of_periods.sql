-- migrate:up

-- The history of a period is read by its number, in whatever relation the period was at the time.
ALTER TABLE personnel_file.history ADD period_id bigint;
COMMENT ON COLUMN personnel_file.history.period_id IS
    'The period of the event or of its daily registration; null for an event of the whole relation.';
UPDATE personnel_file.history
SET period_id = coalesce(event::json ->> 'period_id', event::json -> 'period' ->> 'id')::bigint;
CREATE INDEX history_of_period ON personnel_file.history (period_id, recorded_at, version)
    WHERE period_id IS NOT NULL;

CREATE OR REPLACE FUNCTION personnel_file.save_settled_rows(changes json) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    given record;
BEGIN
    SELECT * INTO given FROM json_to_record(changes) AS r (
        relations json, history json, feed json, periods json, account_days json, days json, settlements json, late json,
        discards json, waiting json, resumed json);
    IF given.relations IS NOT NULL THEN
        INSERT INTO personnel_file.relations
            (relation_id, employer, ssin, employer_id, start_date, end_date, version, worker)
        OVERRIDING SYSTEM VALUE
        SELECT n.relation_id, n.employer, n.ssin, n.employer_id, n.start_date, n.end_date, n.version, n.worker
        FROM json_populate_recordset(NULL::personnel_file.relations, given.relations) AS n
        ON CONFLICT (employer, ssin) DO UPDATE
            SET end_date = excluded.end_date, version = excluded.version, worker = excluded.worker;
        INSERT INTO personnel_file.history
            (employer, ssin, version, declaration_id, event, recorded_at, period_id)
        SELECT n.employer, n.ssin, n.version, n.declaration_id, n.event, n.recorded_at, n.period_id
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
    IF given.account_days IS NOT NULL THEN
        MERGE INTO personnel_file.account_days AS d
        USING json_populate_recordset(NULL::personnel_file.account_days, given.account_days) AS n
            ON d.account = n.account AND d.day = n.day
        WHEN MATCHED THEN UPDATE SET periods = d.periods + n.periods
        WHEN NOT MATCHED THEN INSERT (account, day, periods) VALUES (n.account, n.day, n.periods);
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
        INSERT INTO personnel_file.settlements
            (declaration_id, result, period_id, settled_at, received_at, channel, organization, quota_exceeded)
        SELECT n.declaration_id, n.result, n.period_id, n.settled_at, n.received_at, n.channel, n.organization,
            n.quota_exceeded
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

-- migrate:down
CREATE OR REPLACE FUNCTION personnel_file.save_settled_rows(changes json) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    given record;
BEGIN
    SELECT * INTO given FROM json_to_record(changes) AS r (
        relations json, history json, feed json, periods json, account_days json, days json, settlements json, late json,
        discards json, waiting json, resumed json);
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
    IF given.account_days IS NOT NULL THEN
        MERGE INTO personnel_file.account_days AS d
        USING json_populate_recordset(NULL::personnel_file.account_days, given.account_days) AS n
            ON d.account = n.account AND d.day = n.day
        WHEN MATCHED THEN UPDATE SET periods = d.periods + n.periods
        WHEN NOT MATCHED THEN INSERT (account, day, periods) VALUES (n.account, n.day, n.periods);
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
        INSERT INTO personnel_file.settlements
            (declaration_id, result, period_id, settled_at, received_at, channel, organization, quota_exceeded)
        SELECT n.declaration_id, n.result, n.period_id, n.settled_at, n.received_at, n.channel, n.organization,
            n.quota_exceeded
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

ALTER TABLE personnel_file.history DROP COLUMN period_id;
