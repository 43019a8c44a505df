-- migrate:up
-- An institution gets events from the begin of its authorization on (ADR 34). The versions are read once for each
-- statement, and unnested for each row.
ALTER POLICY of_institution ON personnel_file.feed USING (
    occurred_at >= (
        SELECT min(a.sees_from) FROM access.institution_authorizations a
        WHERE a.institution_id = current_setting('dimona.institution', true)
            AND a.valid_from <= platform.now() AND (a.valid_to IS NULL OR a.valid_to > platform.now()))
    AND EXISTS (
        SELECT FROM unnest((
            SELECT array_agg(a) FROM access.institution_authorizations a
            WHERE a.institution_id = current_setting('dimona.institution', true))) AS v
        WHERE v.valid_from <= occurred_at AND (v.valid_to IS NULL OR v.valid_to > occurred_at)
            AND (v.kinds IS NULL OR type = ANY(v.kinds))
            AND (type NOT LIKE '%.dailyRegistrations.%' OR 'dailyRegistration' = ANY(v.fields))
            AND (v.all_workers OR EXISTS (
                SELECT FROM feed.inscriptions i
                WHERE i.institution_id = current_setting('dimona.institution', true)
                    AND i.ssin = ANY(feed.numbers_of(feed.ssin))
                    AND i.begins_on <= (occurred_at AT TIME ZONE 'Europe/Brussels')::date
                    AND (i.ends_on IS NULL OR i.ends_on >= (occurred_at AT TIME ZONE 'Europe/Brussels')::date)))));

-- When an authorization ends, all that waits for the institution is deleted, in the queue too. So a position counts only
-- for the time in force in which it was begun, and for the begin of that authorization.
ALTER TABLE feed.positions ADD sees_from timestamptz, ADD in_force_since timestamptz, ADD states_after text;
COMMENT ON COLUMN feed.positions.in_force_since IS
    'As in access.institution_authorizations. If it or sees_from differs there, pushing starts again at the first event.';
COMMENT ON COLUMN feed.positions.states_after IS
    'The inscription after which the states of workers are sent again; null if they need not be.';
UPDATE feed.positions p SET sees_from = a.sees_from, in_force_since = a.in_force_since
FROM access.institution_authorizations a
WHERE a.institution_id = p.institution_id AND a.valid_from <= platform.now()
    AND (a.valid_to IS NULL OR a.valid_to > platform.now());

-- A place before the first event that occurred since an instant. No transaction lasts a day, so that events with lower
-- numbers than one of the day before occurred earlier, too. The search halves the numbers.
CREATE FUNCTION feed.place_before(instant timestamptz, OUT xid xid8, OUT id bigint) LANGUAGE plpgsql STABLE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    low bigint := 0;
    high bigint := coalesce((SELECT max(f.id) FROM personnel_file.feed f), 0);
    middle bigint;
    probe record;
BEGIN
    xid := '0';
    id := 0;
    WHILE low < high LOOP
        middle := low + (high - low + 1) / 2;
        SELECT f.xid, f.id, f.occurred_at INTO probe FROM personnel_file.feed f
        WHERE f.id <= middle ORDER BY f.id DESC LIMIT 1;
        IF probe.id IS NULL THEN
            low := middle;
        ELSIF probe.occurred_at < instant - interval '1 day' AND probe.xid < pg_snapshot_xmin(pg_current_snapshot()) THEN
            low := middle;
            xid := probe.xid;
            id := probe.id;
        ELSE
            high := probe.id - 1;
        END IF;
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION feed.place_before FROM PUBLIC;
GRANT EXECUTE ON FUNCTION feed.place_before TO dimona_feed;
GRANT CREATE ON SCHEMA feed TO dimona_feed_places;
ALTER FUNCTION feed.place_before OWNER TO dimona_feed_places;
REVOKE CREATE ON SCHEMA feed FROM dimona_feed_places;
-- The owner may call it, which the test of plans does.
DO $$
DECLARE owner CONSTANT text := current_user;
BEGIN
    SET LOCAL ROLE dimona_feed_places;
    EXECUTE format('GRANT EXECUTE ON FUNCTION feed.place_before TO %I', owner);
    RESET ROLE;
END $$;

-- migrate:down
DROP FUNCTION feed.place_before;
ALTER TABLE feed.positions DROP sees_from, DROP in_force_since, DROP states_after;
ALTER POLICY of_institution ON personnel_file.feed USING (
    EXISTS (
        SELECT FROM access.institution_authorizations a
        WHERE a.institution_id = current_setting('dimona.institution', true)
            AND a.valid_from <= platform.now() AND (a.valid_to IS NULL OR a.valid_to > platform.now()))
    AND EXISTS (
        SELECT FROM unnest((
            SELECT array_agg(a) FROM access.institution_authorizations a
            WHERE a.institution_id = current_setting('dimona.institution', true))) AS v
        WHERE v.valid_from <= occurred_at AND (v.valid_to IS NULL OR v.valid_to > occurred_at)
            AND (v.kinds IS NULL OR type = ANY(v.kinds))
            AND (type NOT LIKE '%.dailyRegistrations.%' OR 'dailyRegistration' = ANY(v.fields))
            AND (v.all_workers OR EXISTS (
                SELECT FROM feed.inscriptions i
                WHERE i.institution_id = current_setting('dimona.institution', true)
                    AND i.ssin = ANY(feed.numbers_of(feed.ssin))
                    AND i.begins_on <= (occurred_at AT TIME ZONE 'Europe/Brussels')::date
                    AND (i.ends_on IS NULL OR i.ends_on >= (occurred_at AT TIME ZONE 'Europe/Brussels')::date)))));
