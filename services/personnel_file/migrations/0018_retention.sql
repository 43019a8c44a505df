-- migrate:up
-- Removal of rows whose term is over (ADR 31).
SELECT platform.create_removal('personnel_file', 'late_readings', 'id', 't.read_at');

-- A relation is removed as a whole, with its periods, days and history, so that a history is never a part of one. It
-- stays while it is open, while a period ends after the term, is locked or overlaps, while it changed after the term,
-- while its periods are evidence in a case of an omission, and while a quota counts one of them: in the year of the
-- period and in the year after it, in which declarations about the period still come. Settlements stay: a declaration
-- is final once. It looks at `most` relations and never waits for a lock: a worker who is being settled comes in the next
-- round.
CREATE FUNCTION personnel_file.remove_relations(before timestamptz, most int, INOUT place text, OUT keys text[])
LANGUAGE plpgsql AS $$
DECLARE
    last_day date := (before AT TIME ZONE 'Europe/Brussels')::date;
    counted_from date := date_trunc('year', platform.now() AT TIME ZONE 'Europe/Brussels')::date - interval '1 year';
    since bigint := coalesce(nullif(place, '')::bigint, 0);
    looked bigint[]; locked bigint[]; ended bigint[]; gone bigint[];
BEGIN
    IF NOT pg_try_advisory_xact_lock_shared(6, 0) THEN  -- a number of a worker is being replaced
        RETURN;
    END IF;
    SELECT array_agg(r.relation_id ORDER BY r.relation_id) INTO looked FROM (
        SELECT relation_id FROM personnel_file.relations WHERE relation_id > since ORDER BY relation_id LIMIT most) AS r;
    place := CASE WHEN coalesce(cardinality(looked), 0) < most THEN '' ELSE looked[most]::text END;
    SELECT array_agg(r.relation_id) INTO locked FROM personnel_file.relations r
    WHERE r.relation_id = ANY(looked) AND r.end_date < last_day
        AND pg_try_advisory_xact_lock(4, hashtext(r.ssin::text));
    -- A new statement: it sees what was committed before the locks.
    SELECT array_agg(r.relation_id) INTO ended FROM personnel_file.relations r
    WHERE r.relation_id = ANY(locked) AND r.end_date < last_day
        AND NOT EXISTS (SELECT FROM personnel_file.periods p WHERE p.employer = r.employer AND p.ssin = r.ssin
            AND (p.locked OR p.overlapping OR NOT p.canceled AND (
                p.end_date IS NULL OR p.end_date >= last_day OR p.counted AND p.end_date >= counted_from)))
        AND NOT EXISTS (SELECT FROM personnel_file.history h WHERE h.employer = r.employer AND h.ssin = r.ssin
            AND h.recorded_at >= before)
        AND NOT EXISTS (SELECT FROM personnel_file.omission_cases c
            WHERE c.employer = r.employer AND c.ssin = ANY(ARRAY(SELECT r.ssin::text
                UNION ALL SELECT f.ssin FROM personnel_file.former_numbers f WHERE f.in_force = r.ssin::text)))
        AND NOT platform.is_person_held(r.ssin::text);
    SELECT array_agg(p.period_id) INTO gone
    FROM personnel_file.periods p JOIN personnel_file.relations r USING (employer, ssin) WHERE r.relation_id = ANY(ended);
    keys := array(SELECT 'relations ' || e FROM unnest(ended) AS e)
        || array(SELECT 'periods ' || g FROM unnest(gone) AS g);
    WITH days AS (
        DELETE FROM personnel_file.daily_registrations WHERE period_id = ANY(gone)
        RETURNING 'daily_registrations ' || registration_id),
    locks AS (DELETE FROM personnel_file.locks WHERE period_id = ANY(gone) RETURNING 'locks ' || request),
    late AS (DELETE FROM personnel_file.late WHERE period_id = ANY(gone) RETURNING 'late ' || declaration_id),
    events AS (
        DELETE FROM personnel_file.history h USING personnel_file.relations r
        WHERE r.relation_id = ANY(ended) AND h.employer = r.employer AND h.ssin = r.ssin
        RETURNING 'history ' || r.relation_id || ' ' || h.version)
    SELECT keys || coalesce(array_agg(k), '{}') INTO keys FROM (
        SELECT * FROM days UNION ALL SELECT * FROM locks UNION ALL SELECT * FROM late UNION ALL SELECT * FROM events
    ) AS g (k);
    DELETE FROM personnel_file.periods WHERE period_id = ANY(gone);
    DELETE FROM personnel_file.relations WHERE relation_id = ANY(ended);
END $$;
COMMENT ON FUNCTION personnel_file.remove_relations IS
    'Removes relations that have ended, with all that belongs to them; returns the removed rows.';
REVOKE ALL ON FUNCTION personnel_file.remove_relations, personnel_file.remove_late_readings FROM PUBLIC;

-- migrate:down
DROP FUNCTION personnel_file.remove_relations, personnel_file.remove_late_readings;
