-- migrate:up
-- A relation also stays while another relation of its worker stays that has a counted period in the same year. A later
-- change of that period counts the quota of the year, which would be smaller without the removed periods (ADR 31). All
-- relations of a worker that can go are removed in one transaction, so that no change comes between two of them.
CREATE FUNCTION personnel_file.ended_relations(workers bpchar[], before timestamptz) RETURNS bigint[]
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE terms AS (
        SELECT (before AT TIME ZONE 'Europe/Brussels')::date AS last_day,
            date_trunc('year', platform.now() AT TIME ZONE 'Europe/Brussels')::date - interval '1 year' AS counted_from),
    of_workers AS MATERIALIZED (
        SELECT r.relation_id, r.employer, r.ssin, r.end_date IS NOT NULL AND r.end_date < t.last_day
            AND NOT EXISTS (SELECT FROM personnel_file.periods p WHERE p.employer = r.employer AND p.ssin = r.ssin
                AND (p.locked OR p.overlapping OR NOT p.canceled AND (
                    p.end_date IS NULL OR p.end_date >= t.last_day OR p.counted AND p.end_date >= t.counted_from)))
            AND NOT EXISTS (SELECT FROM personnel_file.history h WHERE h.employer = r.employer AND h.ssin = r.ssin
                AND h.recorded_at >= before)
            AND NOT EXISTS (SELECT FROM personnel_file.omission_cases c
                WHERE c.employer = r.employer AND c.ssin = ANY(ARRAY(SELECT r.ssin::text
                    UNION ALL SELECT f.ssin FROM personnel_file.former_numbers f WHERE f.in_force = r.ssin::text)))
            AND NOT platform.is_person_held(r.ssin::text) AS has_ended
        FROM personnel_file.relations r CROSS JOIN terms t
        WHERE r.ssin = ANY(workers)),
    years AS MATERIALIZED (
        SELECT DISTINCT r.relation_id, r.ssin, y.year
        FROM of_workers r JOIN personnel_file.periods p ON p.employer = r.employer AND p.ssin = r.ssin
            CROSS JOIN terms t CROSS JOIN LATERAL generate_series(
                extract(year FROM p.start_date)::int,
                extract(year FROM least(coalesce(p.end_date, t.last_day), t.last_day))::int) AS y (year)
        WHERE p.counted AND NOT p.canceled),
    kept AS (
        SELECT r.relation_id FROM of_workers r WHERE NOT r.has_ended
        UNION
        SELECT o.relation_id FROM kept k JOIN years y ON y.relation_id = k.relation_id
            JOIN years o ON o.ssin = y.ssin AND o.year = y.year)
    SELECT array_agg(r.relation_id) FROM of_workers r
    WHERE NOT EXISTS (SELECT FROM kept k WHERE k.relation_id = r.relation_id)
$$;
COMMENT ON FUNCTION personnel_file.ended_relations IS
    'Returns the relations of workers that nothing needs any more; null if there are none.';
REVOKE ALL ON FUNCTION personnel_file.ended_relations FROM PUBLIC;

CREATE OR REPLACE FUNCTION personnel_file.remove_relations(before timestamptz, most int, INOUT place text, OUT keys text[])
LANGUAGE plpgsql AS $$
DECLARE
    last_day date := (before AT TIME ZONE 'Europe/Brussels')::date;
    since bigint := coalesce(nullif(place, '')::bigint, 0);
    looked bigint[]; locked bpchar[]; ended bigint[]; gone bigint[]; numbers bpchar[];
BEGIN
    IF NOT pg_try_advisory_xact_lock_shared(6, 0) THEN  -- a number of a worker is being replaced
        RETURN;
    END IF;
    SELECT array_agg(r.relation_id ORDER BY r.relation_id) INTO looked FROM (
        SELECT relation_id FROM personnel_file.relations WHERE relation_id > since ORDER BY relation_id LIMIT most) AS r;
    place := CASE WHEN coalesce(cardinality(looked), 0) < most THEN '' ELSE looked[most]::text END;
    SELECT array_agg(DISTINCT r.ssin) INTO locked FROM personnel_file.relations r
    WHERE r.relation_id = ANY(looked) AND r.end_date < last_day
        AND pg_try_advisory_xact_lock(4, hashtext(r.ssin::text));
    -- A new statement: it sees what was committed before the locks.
    ended := personnel_file.ended_relations(locked, before);
    SELECT array_agg(p.period_id) INTO gone
    FROM personnel_file.periods p JOIN personnel_file.relations r USING (employer, ssin) WHERE r.relation_id = ANY(ended);
    numbers := array(
        SELECT r.ssin::bpchar FROM personnel_file.relations r WHERE r.relation_id = ANY(ended)
        UNION SELECT f.ssin::bpchar FROM personnel_file.former_numbers f
        JOIN personnel_file.relations r ON f.in_force = r.ssin::text WHERE r.relation_id = ANY(ended));
    keys := array(SELECT 'relations ' || e FROM unnest(ended) AS e)
        || array(SELECT 'periods ' || g FROM unnest(gone) AS g)
        || personnel_file.remove_feed(ended, gone, numbers);
    UPDATE personnel_file.removed_until u SET last_day = greatest(u.last_day,
        (SELECT max(r.end_date) FROM personnel_file.relations r WHERE r.relation_id = ANY(ended)),
        (SELECT max(p.end_date) FROM personnel_file.periods p WHERE p.period_id = ANY(gone) AND NOT p.canceled))
    WHERE ended IS NOT NULL;
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

-- migrate:down
CREATE OR REPLACE FUNCTION personnel_file.remove_relations(before timestamptz, most int, INOUT place text, OUT keys text[])
LANGUAGE plpgsql AS $$
DECLARE
    last_day date := (before AT TIME ZONE 'Europe/Brussels')::date;
    counted_from date := date_trunc('year', platform.now() AT TIME ZONE 'Europe/Brussels')::date - interval '1 year';
    since bigint := coalesce(nullif(place, '')::bigint, 0);
    looked bigint[]; locked bigint[]; ended bigint[]; gone bigint[]; numbers bpchar[];
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
    numbers := array(
        SELECT r.ssin::bpchar FROM personnel_file.relations r WHERE r.relation_id = ANY(ended)
        UNION SELECT f.ssin::bpchar FROM personnel_file.former_numbers f
        JOIN personnel_file.relations r ON f.in_force = r.ssin::text WHERE r.relation_id = ANY(ended));
    keys := array(SELECT 'relations ' || e FROM unnest(ended) AS e)
        || array(SELECT 'periods ' || g FROM unnest(gone) AS g)
        || personnel_file.remove_feed(ended, gone, numbers);
    UPDATE personnel_file.removed_until u SET last_day = greatest(u.last_day,
        (SELECT max(r.end_date) FROM personnel_file.relations r WHERE r.relation_id = ANY(ended)),
        (SELECT max(p.end_date) FROM personnel_file.periods p WHERE p.period_id = ANY(gone) AND NOT p.canceled))
    WHERE ended IS NOT NULL;
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
DROP FUNCTION personnel_file.ended_relations;
