-- migrate:up
-- The findings of a settlement, from which its final result is sent again when the message of it is lost (ADR 38).
ALTER TABLE personnel_file.settlements ADD findings text;
COMMENT ON COLUMN personnel_file.settlements.findings IS
    'Anomalies, exceeded quotas and daily registration of the result, as JSON; null without any, and for older rows.';

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
        -- A process of the release before gives no `ssin`.
        INSERT INTO personnel_file.feed (event_id, type, data, occurred_at, ssin)
        SELECT n.event_id, n.type, n.data, n.occurred_at, coalesce(n.ssin, n.data::json -> 'worker' ->> 'ssin')
        FROM json_populate_recordset(NULL::personnel_file.feed, given.feed) AS n;
    END IF;
    IF given.periods IS NOT NULL THEN
        INSERT INTO personnel_file.periods AS p (period_id, employer, ssin, features, features_key, start_date, end_date,
            start_hour, end_hour, planned_hours, span, canceled, locked, late, counted, quota_account, overlapping,
            planned_days, quota_exceeded, received_on, sub_entity, user_number)
        SELECT n.period_id, n.employer, n.ssin, n.features, n.features_key, n.start_date, n.end_date,
            n.start_hour, n.end_hour, n.planned_hours, n.span, n.canceled, n.locked, n.late, n.counted,
            n.quota_account, n.overlapping, n.planned_days, n.quota_exceeded, n.received_on, n.sub_entity,
            n.user_number
        FROM json_populate_recordset(NULL::personnel_file.periods, given.periods) AS n
        ON CONFLICT (period_id) DO UPDATE SET start_date = excluded.start_date, end_date = excluded.end_date,
            start_hour = excluded.start_hour, end_hour = excluded.end_hour,
            planned_hours = excluded.planned_hours, span = excluded.span, canceled = excluded.canceled,
            locked = excluded.locked, overlapping = excluded.overlapping,
            planned_days = excluded.planned_days,
            quota_exceeded = coalesce(excluded.quota_exceeded, p.quota_exceeded);
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
            (declaration_id, result, period_id, settled_at, received_at, channel, organization, findings)
        SELECT n.declaration_id, n.result, n.period_id, n.settled_at, n.received_at, n.channel, n.organization, n.findings
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
        INSERT INTO personnel_file.history
            (employer, ssin, version, declaration_id, event, recorded_at, period_id)
        SELECT n.employer, n.ssin, n.version, n.declaration_id, n.event, n.recorded_at, n.period_id
        FROM json_populate_recordset(NULL::personnel_file.history, given.history) AS n;
        -- A process of the release before gives no `ssin`.
        INSERT INTO personnel_file.feed (event_id, type, data, occurred_at, ssin)
        SELECT n.event_id, n.type, n.data, n.occurred_at, coalesce(n.ssin, n.data::json -> 'worker' ->> 'ssin')
        FROM json_populate_recordset(NULL::personnel_file.feed, given.feed) AS n;
    END IF;
    IF given.periods IS NOT NULL THEN
        INSERT INTO personnel_file.periods AS p (period_id, employer, ssin, features, features_key, start_date, end_date,
            start_hour, end_hour, planned_hours, span, canceled, locked, late, counted, quota_account, overlapping,
            planned_days, quota_exceeded, received_on, sub_entity, user_number)
        SELECT n.period_id, n.employer, n.ssin, n.features, n.features_key, n.start_date, n.end_date,
            n.start_hour, n.end_hour, n.planned_hours, n.span, n.canceled, n.locked, n.late, n.counted,
            n.quota_account, n.overlapping, n.planned_days, n.quota_exceeded, n.received_on, n.sub_entity,
            n.user_number
        FROM json_populate_recordset(NULL::personnel_file.periods, given.periods) AS n
        ON CONFLICT (period_id) DO UPDATE SET start_date = excluded.start_date, end_date = excluded.end_date,
            start_hour = excluded.start_hour, end_hour = excluded.end_hour,
            planned_hours = excluded.planned_hours, span = excluded.span, canceled = excluded.canceled,
            locked = excluded.locked, overlapping = excluded.overlapping,
            planned_days = excluded.planned_days,
            quota_exceeded = coalesce(excluded.quota_exceeded, p.quota_exceeded);
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
            (declaration_id, result, period_id, settled_at, received_at, channel, organization)
        SELECT n.declaration_id, n.result, n.period_id, n.settled_at, n.received_at, n.channel, n.organization
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
ALTER TABLE personnel_file.settlements DROP COLUMN findings;
