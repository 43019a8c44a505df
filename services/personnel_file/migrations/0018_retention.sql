-- migrate:up
-- Removal of rows whose term is over (ADR 31).
SELECT platform.create_removal('personnel_file', 'late_readings', 'id', 't.read_at');

-- The last day of which declarations may be gone: an imported day up to it is no omission (ADR 31, ADR 32).
CREATE TABLE personnel_file.removed_until (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    last_day date NOT NULL
);
COMMENT ON TABLE personnel_file.removed_until IS 'The latest end of all relations that were removed; one row.';
INSERT INTO personnel_file.removed_until (last_day) VALUES ('-infinity');
GRANT SELECT ON personnel_file.removed_until TO dimona_personnel_file;

-- The feed shows its rows to few roles (ADR 34), and not to a function of the owner that a service calls. This role,
-- which has no login, removes the rows of removed relations.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'dimona_feed_removal') THEN
        CREATE ROLE dimona_feed_removal NOLOGIN;
        -- The owner can give functions to this role, and has no rights from it.
        GRANT dimona_feed_removal TO CURRENT_USER WITH INHERIT FALSE, SET TRUE;
    END IF;
END $$;
GRANT USAGE ON SCHEMA personnel_file TO dimona_feed_removal;
GRANT SELECT, DELETE ON personnel_file.feed TO dimona_feed_removal;
CREATE POLICY of_removal ON personnel_file.feed TO dimona_feed_removal USING (true);

-- An event has the number that its worker had then, so `numbers` has the former ones too.
CREATE FUNCTION personnel_file.remove_feed(relations bigint[], periods bigint[], numbers bpchar[]) RETURNS text[]
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH gone AS (
        DELETE FROM personnel_file.feed f WHERE f.ssin = ANY(numbers)
            AND ((f.data::json ->> 'periodId')::bigint = ANY(periods)
                OR (f.data::json -> 'relation' ->> 'id')::bigint = ANY(relations))
        RETURNING f.id)
    SELECT coalesce(array_agg('feed ' || g.id), '{}') FROM gone g
$$;
COMMENT ON FUNCTION personnel_file.remove_feed IS 'Removes the events of removed relations; returns the removed rows.';
REVOKE ALL ON FUNCTION personnel_file.remove_feed FROM PUBLIC;
GRANT CREATE ON SCHEMA personnel_file TO dimona_feed_removal;
ALTER FUNCTION personnel_file.remove_feed OWNER TO dimona_feed_removal;
REVOKE CREATE ON SCHEMA personnel_file FROM dimona_feed_removal;
DO $$
DECLARE owner CONSTANT text := current_user;
BEGIN
    SET LOCAL ROLE dimona_feed_removal;
    EXECUTE format('GRANT EXECUTE ON FUNCTION personnel_file.remove_feed TO %I', owner);
    RESET ROLE;
END $$;

-- A relation is removed as a whole, with its periods, days and history, so that a history is never a part of one. It
-- stays while it is open, while a period ends after the term, is locked or overlaps, while it changed after the term,
-- while its periods are evidence in a case of an omission, and while a quota counts one of them: in the year of the
-- period and in the year after it, in which declarations about the period still come. Settlements stay: a declaration
-- is final once. It looks at `most` relations and never waits for a lock: a worker in a settlement comes in the
-- next round.
CREATE FUNCTION personnel_file.remove_relations(before timestamptz, most int, INOUT place text, OUT keys text[])
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
COMMENT ON FUNCTION personnel_file.remove_relations IS
    'Removes relations that have ended, with all that belongs to them; returns the removed rows.';
REVOKE ALL ON FUNCTION personnel_file.remove_relations, personnel_file.remove_late_readings FROM PUBLIC;

-- migrate:down
DROP FUNCTION personnel_file.remove_relations, personnel_file.remove_late_readings;
DROP FUNCTION personnel_file.remove_feed;
DROP POLICY of_removal ON personnel_file.feed;
REVOKE ALL ON personnel_file.feed FROM dimona_feed_removal;
REVOKE USAGE ON SCHEMA personnel_file FROM dimona_feed_removal;
DROP TABLE personnel_file.removed_until;
