-- migrate:up
-- The state of a worker is the last event of each period: an institution gets it at once for each worker that it
-- inscribes, and for all its workers in a snapshot (ADR 34).
CREATE TABLE feed.states_due (
    institution_id text NOT NULL,
    ssin char(11) NOT NULL,
    due_on date NOT NULL,
    -- A second inscription from a later day does not move the state of the first.
    PRIMARY KEY (institution_id, ssin, due_on)
);
COMMENT ON TABLE feed.states_due IS 'Workers whose state an institution gets on a day: that of a new or changed inscription.';
CREATE INDEX ON feed.states_due (institution_id, due_on, ssin);

-- What the institution of the context may see now. In each function below, this is the rule of the feed.
CREATE FUNCTION feed.permitted(OUT authorization_id uuid, OUT version int, OUT fields text[], OUT all_workers boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = access, platform, pg_temp AS $$
    SELECT a.authorization_id, a.version, a.fields, a.all_workers FROM institution_authorizations a
    WHERE a.institution_id = current_setting('dimona.institution', true)
        AND a.valid_from <= platform.now() AND (a.valid_to IS NULL OR a.valid_to > platform.now())
        AND (a.kinds IS NULL OR 'be.nsso.dimona.v1.periods.notify.stated' = ANY(a.kinds))
$$;

CREATE FUNCTION feed.states(workers bpchar[]) RETURNS TABLE (
    xid xid8, id bigint, event_id uuid, data text, occurred_at timestamptz, ssin bpchar, authorization_id uuid, version int,
    fields text[])
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = personnel_file, platform, pg_temp AS $$
    WITH today AS (SELECT (platform.now() AT TIME ZONE 'Europe/Brussels')::date AS day),
    numbers AS (
        SELECT DISTINCT u.number
        FROM feed.permitted() p, today t, (SELECT feed.numbers_of(w) AS numbers FROM unnest(workers) AS w) AS n, unnest(n.numbers) AS u (number)
        WHERE p.all_workers OR EXISTS (
            SELECT FROM feed.inscriptions i
            WHERE i.institution_id = current_setting('dimona.institution', true) AND i.ssin = ANY(n.numbers)
                AND i.begins_on <= t.day AND (i.ends_on IS NULL OR i.ends_on >= t.day)))
    SELECT s.xid, s.id, s.event_id, s.data, s.occurred_at, s.ssin, p.authorization_id, p.version, p.fields
    FROM feed.permitted() p, (
        -- Events of one worker have their numbers in the order of their changes.
        SELECT DISTINCT ON (f.data::json ->> 'periodId') f.xid, f.id, f.event_id, f.data, f.occurred_at, f.ssin
        FROM numbers n JOIN feed f ON f.ssin = n.number
        WHERE f.xid < pg_snapshot_xmin(pg_current_snapshot()) AND f.data::json ->> 'periodId' IS NOT NULL
        ORDER BY f.data::json ->> 'periodId', f.id DESC) AS s
    WHERE p.version IS NOT NULL
    ORDER BY s.id
$$;

-- The next workers of a snapshot: all, one step through the index for each, or those with an inscription.
CREATE FUNCTION feed.workers_after(after bpchar, most int) RETURNS SETOF bpchar
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = personnel_file, pg_temp AS $$
    WITH RECURSIVE every AS (
        (SELECT f.ssin::bpchar AS ssin FROM feed f WHERE f.ssin > after AND (SELECT p.all_workers FROM feed.permitted() p) ORDER BY f.ssin LIMIT 1)
        UNION ALL
        SELECT (SELECT f.ssin::bpchar FROM feed f WHERE f.ssin > e.ssin ORDER BY f.ssin LIMIT 1) FROM every e WHERE e.ssin IS NOT NULL),
    inscribed AS (
        SELECT DISTINCT i.ssin FROM feed.inscriptions i
        WHERE i.institution_id = current_setting('dimona.institution', true) AND i.ssin > after
            AND (SELECT NOT p.all_workers FROM feed.permitted() p)
        ORDER BY i.ssin LIMIT most)
    (SELECT e.ssin FROM every e WHERE e.ssin IS NOT NULL LIMIT most) UNION ALL SELECT i.ssin FROM inscribed i
$$;
REVOKE ALL ON FUNCTION feed.permitted, feed.states, feed.workers_after FROM PUBLIC;
GRANT EXECUTE ON FUNCTION feed.permitted, feed.states, feed.workers_after TO dimona_feed;
GRANT SELECT, INSERT, UPDATE, DELETE ON feed.states_due TO dimona_feed;
GRANT CREATE ON SCHEMA feed TO dimona_feed_places;
ALTER FUNCTION feed.permitted OWNER TO dimona_feed_places;
ALTER FUNCTION feed.states OWNER TO dimona_feed_places;
ALTER FUNCTION feed.workers_after OWNER TO dimona_feed_places;
REVOKE CREATE ON SCHEMA feed FROM dimona_feed_places;
-- The owner may call them, which the test of plans does.
DO $$
DECLARE owner CONSTANT text := current_user;
BEGIN
    SET LOCAL ROLE dimona_feed_places;
    EXECUTE format('GRANT EXECUTE ON FUNCTION feed.permitted, feed.states, feed.workers_after TO %I', owner);
    RESET ROLE;
END $$;

-- migrate:down
DROP FUNCTION feed.workers_after, feed.states, feed.permitted;
DROP TABLE feed.states_due;
