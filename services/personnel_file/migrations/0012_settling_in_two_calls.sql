-- migrate:up

-- All that settling a batch needs, in one call: each statement of a function sees what was committed before
-- its locks were granted, which one statement with several parts would not.
CREATE FUNCTION personnel_file.load_settlement(
    order_keys text[], numbers bigint[], named_finals bigint[], named_periods bigint[], updated_periods bigint[],
    registrations bigint[], periods_with_days bigint[], employers text[], ssins text[], counted_ssins text[],
    accounts text[], provisional bigint[], first_day date, last_day date, stop_at_waiting boolean
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    waiting_rows json; people json; day_owners json; owners json; final_rows json; number_rows json;
    new_ids json;
    relation_rows json; period_rows json; day_rows json; worker_use json; account_use json;
    of_registrations bigint[]; owner_employers text[]; owner_ssins text[]; updated_ssins text[];
    relation_employers text[]; relation_ssins bpchar[]; usage_ssins bpchar[]; usage_accounts text[];
BEGIN
    -- Shared: while a number is replaced, nothing is settled. Then locks by class and hash: no deadlock.
    PERFORM pg_advisory_xact_lock_shared(6, 0);
    PERFORM pg_advisory_xact_lock(3, h) FROM (
        SELECT DISTINCT hashtext(k) AS h FROM unnest(order_keys) AS k ORDER BY h) AS l;

    SELECT json_agg(json_build_array(f.declaration_id, f.message) ORDER BY f.place) INTO waiting_rows FROM (
        WITH RECURSIVE follows AS (
            SELECT w.declaration_id, w.message, 1 AS place FROM personnel_file.waiting w
            WHERE w.previous = ANY(numbers)
            UNION ALL
            SELECT w.declaration_id, w.message, f.place + 1
            FROM personnel_file.waiting w JOIN follows f ON w.previous = f.declaration_id)
        SELECT * FROM follows) AS f;
    IF stop_at_waiting AND waiting_rows IS NOT NULL THEN
        RETURN json_build_object('waiting', waiting_rows);
    END IF;

    IF ssins <> '{}' THEN
        SELECT json_agg(json_build_array(n.ssin, n.in_force, n.worker)) INTO people
        FROM personnel_file.former_numbers n WHERE n.ssin = ANY(ssins) OR n.in_force = ANY(ssins);
    END IF;
    IF people IS NOT NULL THEN
        ssins := array(
            SELECT coalesce(n.in_force, u.s) FROM unnest(ssins) WITH ORDINALITY AS u (s, o)
            LEFT JOIN personnel_file.former_numbers n ON n.ssin = u.s ORDER BY u.o);
        counted_ssins := array(
            SELECT coalesce(n.in_force, u.s) FROM unnest(counted_ssins) AS u (s)
            LEFT JOIN personnel_file.former_numbers n ON n.ssin = u.s);
    END IF;

    IF registrations <> '{}' THEN
        SELECT json_agg(json_build_array(d.registration_id, d.period_id)), array_agg(d.period_id)
        INTO day_owners, of_registrations
        FROM personnel_file.daily_registrations d WHERE d.registration_id = ANY(registrations);
        named_periods := named_periods || of_registrations;
    END IF;
    usage_ssins := counted_ssins;
    usage_accounts := accounts;
    IF named_periods <> '{}' THEN
        -- The owner of a period changes by no declaration, so it is read before the workers are locked.
        SELECT json_agg(json_build_array(p.period_id, p.employer, p.ssin)),
            array_agg(p.employer), array_agg(p.ssin),
            coalesce(array_agg(p.ssin) FILTER (WHERE p.counted AND p.period_id = ANY(updated_periods)), '{}'),
            usage_accounts || coalesce(
                array_agg(p.quota_account) FILTER (WHERE p.counted AND p.quota_account IS NOT NULL), '{}'),
            least(first_day, min(p.start_date) FILTER (WHERE p.counted AND p.period_id = ANY(updated_periods))),
            greatest(last_day, max(coalesce(p.end_date, p.start_date))
                FILTER (WHERE p.counted AND p.period_id = ANY(updated_periods)))
        INTO owners, owner_employers, owner_ssins, updated_ssins, usage_accounts, first_day, last_day
        FROM personnel_file.periods p WHERE p.period_id = ANY(named_periods);
        usage_ssins := usage_ssins || updated_ssins::bpchar[];
    END IF;
    relation_employers := employers || owner_employers;
    relation_ssins := ssins || owner_ssins;

    PERFORM pg_advisory_xact_lock(l.c, l.h) FROM (
        SELECT 4 AS c, hashtext(s::text) AS h FROM unnest(relation_ssins) AS s
        UNION SELECT 5, hashtext(a) FROM unnest(usage_accounts) AS a ORDER BY 1, 2) AS l;

    SELECT json_agg(json_build_array(f.declaration_id, f.result)) INTO final_rows
    FROM personnel_file.settlements f WHERE f.declaration_id = ANY(named_finals);
    IF provisional <> '{}' THEN
        SELECT json_agg(json_build_array(n.provisional_id, n.employer_id)) INTO number_rows
        FROM personnel_file.provisional_numbers n WHERE n.provisional_id = ANY(provisional);
    END IF;
    SELECT json_agg(json_build_array(
            r.employer, r.ssin, r.relation_id, r.employer_id, r.start_date, r.end_date, r.version, r.worker))
            FILTER (WHERE r.relation_id IS NOT NULL),
        -- A relation that the batch may begin gets its public identifier here.
        json_agg(json_build_array(k.employer, k.ssin,
            nextval('personnel_file.relations_relation_id_seq'))) FILTER (WHERE r.relation_id IS NULL)
    INTO relation_rows, new_ids
    FROM (SELECT DISTINCT * FROM unnest(relation_employers, relation_ssins) AS u (employer, ssin)) AS k
    LEFT JOIN personnel_file.relations r ON r.employer = k.employer AND r.ssin = k.ssin;
    SELECT json_agg(json_build_array(
        p.employer, p.ssin, p.period_id, p.features, p.start_date, p.end_date, p.start_hour, p.end_hour,
        p.planned_hours, p.canceled, p.locked, p.late, p.overlapping, p.planned_days)) INTO period_rows
    FROM (SELECT DISTINCT * FROM unnest(relation_employers, relation_ssins) AS u (employer, ssin)) AS k
    JOIN personnel_file.periods p ON p.employer = k.employer AND p.ssin = k.ssin;
    IF periods_with_days <> '{}' OR of_registrations IS NOT NULL THEN
        SELECT json_agg(json_build_array(
            d.registration_id, d.period_id, d.start_date, d.end_date, d.start_hour, d.end_hour, d.canceled))
        INTO day_rows FROM personnel_file.daily_registrations d
        WHERE d.period_id = ANY(periods_with_days || of_registrations);
    END IF;
    IF usage_ssins <> '{}' AND first_day IS NOT NULL THEN
        first_day := date_trunc('year', first_day);
        last_day := date_trunc('year', last_day) + interval '1 year - 1 day';
        SELECT json_agg(json_build_array(
            p.ssin, p.features, p.start_date, p.end_date, p.end_hour, p.planned_hours, p.planned_days))
        INTO worker_use
        FROM personnel_file.periods p
        WHERE p.ssin = ANY(usage_ssins) AND p.counted AND NOT p.canceled
            AND p.start_date <= last_day AND p.end_date >= first_day;
        IF usage_accounts <> '{}' THEN
            SELECT json_agg(json_build_array(d.account, d.day, d.periods)) INTO account_use
            FROM personnel_file.account_days d
            WHERE d.account = ANY(usage_accounts) AND d.day BETWEEN first_day AND last_day AND d.periods > 0;
        END IF;
    END IF;
    RETURN json_build_object(
        'waiting', waiting_rows, 'people', people, 'numbers', number_rows, 'finals', final_rows,
        'day_owners', day_owners, 'owners', owners, 'relations', relation_rows, 'new_ids', new_ids,
        'periods', period_rows, 'days', day_rows, 'worker_use', worker_use, 'account_use', account_use);
END $$;

-- All that settling a batch changes, in one call; returns the institutions that are subscribed to the feed.
-- With `recover` it returns null, and changes nothing, when two periods or days overlap.
CREATE FUNCTION personnel_file.save_settlement(changes json, recover boolean) RETURNS json LANGUAGE plpgsql AS $$
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

-- `changes` is divided into its tables once: each `changes->'name'` reads the whole text again, which was a third of
-- the time of the call.
CREATE FUNCTION personnel_file.save_settled_rows(changes json) RETURNS void LANGUAGE plpgsql AS $$
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

GRANT USAGE ON SEQUENCE personnel_file.relations_relation_id_seq TO dimona_personnel_file;

-- A carrier lives for a moment: compressing it costs more than its bytes.
ALTER TABLE personnel_file.outbox ALTER body SET STORAGE EXTERNAL;

-- migrate:down
ALTER TABLE personnel_file.outbox ALTER body SET STORAGE EXTENDED;
DROP FUNCTION personnel_file.save_settlement(json, boolean);
DROP FUNCTION personnel_file.save_settled_rows(json);
DROP FUNCTION personnel_file.load_settlement;
REVOKE USAGE ON SEQUENCE personnel_file.relations_relation_id_seq FROM dimona_personnel_file;
