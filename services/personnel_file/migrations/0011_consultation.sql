-- migrate:up

-- Facts about a declaration for searches and for the history of a period; null for what was settled before.
ALTER TABLE personnel_file.settlements
    ADD received_at timestamptz,
    ADD channel text,
    ADD organization text,
    ADD quota_exceeded boolean;
COMMENT ON COLUMN personnel_file.settlements.organization IS 'The organization that sent the declaration.';
COMMENT ON COLUMN personnel_file.settlements.quota_exceeded IS 'Whether the period exceeds a quota by it.';
CREATE INDEX settlements_beyond_a_quota ON personnel_file.settlements (period_id) WHERE quota_exceeded;

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

-- Each source of a search reads one of these in its order.
CREATE INDEX periods_of_employer_by_number ON personnel_file.periods (employer, period_id);
CREATE INDEX periods_of_employer_by_start ON personnel_file.periods (employer, start_date, period_id);
CREATE INDEX periods_of_worker ON personnel_file.periods (ssin);
CREATE INDEX relations_of_employer_by_number ON personnel_file.relations (employer, relation_id);
CREATE INDEX relations_of_employer_by_start ON personnel_file.relations (employer, start_date, relation_id);

CREATE TABLE personnel_file.consultations (
    seq bigint GENERATED ALWAYS AS IDENTITY,
    read_at timestamptz NOT NULL,
    operation text NOT NULL,
    reader text NOT NULL,
    client_id text,
    employer text,
    criteria text[] NOT NULL,
    relations bigint[] NOT NULL,
    refused text
) PARTITION BY RANGE (read_at);
COMMENT ON TABLE personnel_file.consultations IS
    'Each look into the personnel file, in the transaction that answers, and each refused one. Append-only.';
COMMENT ON COLUMN personnel_file.consultations.reader IS 'User id of a person, or id of a technical client.';
COMMENT ON COLUMN personnel_file.consultations.client_id IS 'The program through which a person acts.';
COMMENT ON COLUMN personnel_file.consultations.employer IS 'The enterprise number that was asked for; null for none.';
COMMENT ON COLUMN personnel_file.consultations.criteria IS 'The names of the criteria; values may identify a person.';
COMMENT ON COLUMN personnel_file.consultations.relations IS 'Public identifiers of the relations that were shown.';
COMMENT ON COLUMN personnel_file.consultations.refused IS 'Reason of a refusal.';
CREATE INDEX ON personnel_file.consultations (reader, read_at);
-- Rows of a month without partition. It stays empty, for a row in it prevents the partition of its month.
CREATE TABLE personnel_file.consultations_other PARTITION OF personnel_file.consultations DEFAULT;
SELECT platform.make_partitions();

GRANT SELECT, INSERT ON personnel_file.consultations TO dimona_personnel_file;

-- migrate:down
DROP TABLE personnel_file.consultations;
DROP INDEX personnel_file.periods_of_employer_by_number, personnel_file.periods_of_employer_by_start,
    personnel_file.periods_of_worker, personnel_file.relations_of_employer_by_number,
    personnel_file.relations_of_employer_by_start;
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

ALTER TABLE personnel_file.settlements
    DROP COLUMN received_at, DROP COLUMN channel, DROP COLUMN organization, DROP COLUMN quota_exceeded;
