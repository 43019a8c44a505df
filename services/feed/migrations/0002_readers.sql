-- migrate:up
-- An institution sees the events that its authorizations allow (ADR 34): the rule is in the database.
CREATE TABLE feed.inscriptions (
    institution_id text NOT NULL,
    reference text NOT NULL,
    ssin char(11) NOT NULL,
    capacity text NOT NULL CHECK (capacity ~ '^[A-Za-z0-9_.-]{1,40}$'),
    begins_on date NOT NULL,
    ends_on date CHECK (ends_on >= begins_on),
    PRIMARY KEY (institution_id, reference)
);
COMMENT ON TABLE feed.inscriptions IS 'Workers for whom an institution holds a file, with capacity and period.';
CREATE INDEX ON feed.inscriptions (ssin, institution_id);
COMMENT ON COLUMN feed.inscriptions.reference IS 'The name of the file at the institution, which is no number of a person.';
COMMENT ON COLUMN feed.inscriptions.capacity IS 'The relation of the worker to the institution, in its own words.';

CREATE TABLE feed.positions (
    institution_id text PRIMARY KEY,
    xid xid8 NOT NULL DEFAULT '0',
    id bigint NOT NULL DEFAULT 0,
    holder uuid NOT NULL
);
COMMENT ON TABLE feed.positions IS 'Each institution has in its queue, or in feed.deliveries, all its events up to this place.';
COMMENT ON COLUMN feed.positions.holder IS
    'The process that sends to it. Another one takes over when no delivery of the holder waits, so that order is kept.';
-- Settling has sent the events that are older than the migration of the personnel file. An event of the minute before
-- it is sent twice, because its transaction may have been slow.
INSERT INTO feed.positions (institution_id, xid, id, holder)
SELECT i.institution_id, coalesce((
        SELECT min(f.xid) FROM personnel_file.feed f JOIN platform.migrations m
            ON m.folder = 'personnel_file' AND m.name LIKE '0017%'
            AND f.occurred_at > m.applied_at - interval '1 minute'), pg_snapshot_xmin(pg_current_snapshot())), 0,
    gen_random_uuid()
FROM access.institutions i
WHERE EXISTS (SELECT FROM personnel_file.feed);

-- The numbers of a worker, so that an inscription under one of them counts for the others.
CREATE FUNCTION feed.numbers_of(number bpchar) RETURNS bpchar[] LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = personnel_file, pg_temp AS $$
    WITH known AS (SELECT coalesce((SELECT n.in_force FROM former_numbers n WHERE n.ssin = number::text), number::text) AS ssin)
    SELECT array_agg(u.ssin::bpchar) FROM (
        SELECT ssin FROM known UNION ALL SELECT n.ssin FROM former_numbers n JOIN known k ON n.in_force = k.ssin) AS u
$$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'dimona_feed_places') THEN
        CREATE ROLE dimona_feed_places NOLOGIN;
        -- The owner can give functions to this role, and has no rights from it.
        GRANT dimona_feed_places TO CURRENT_USER WITH INHERIT FALSE, SET TRUE;
    END IF;
END $$;
GRANT USAGE ON SCHEMA feed, personnel_file, access TO dimona_feed_places;
GRANT SELECT ON personnel_file.feed, access.institution_authorizations, feed.inscriptions TO dimona_feed_places;

-- Without the context of an institution, dimona_feed sees no row. Sessions of the owner see all rows (migrations,
-- backups). A view or function of the owner that another role uses sees none. The functions below belong to a role of their
-- own, which sees all rows, as they give away places and ages only, or follow the rule themselves.
ALTER TABLE personnel_file.feed ENABLE ROW LEVEL SECURITY;
ALTER TABLE personnel_file.feed FORCE ROW LEVEL SECURITY;
DO $$
BEGIN
    -- In a view of the owner, current_user is its reader; in a function of the owner, session_user is its caller.
    EXECUTE format('CREATE POLICY of_owner ON personnel_file.feed TO CURRENT_USER '
        'USING (session_user = %1$L AND current_user = %1$L)', current_user);
END $$;
CREATE POLICY of_places ON personnel_file.feed FOR SELECT TO dimona_feed_places USING (true);
CREATE POLICY of_personnel_file ON personnel_file.feed TO dimona_personnel_file USING (true);
-- The versions of the institution are read once for each statement, and unnested for each row.
CREATE POLICY of_institution ON personnel_file.feed FOR SELECT TO dimona_feed USING (
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

CREATE VIEW feed.events WITH (security_invoker, security_barrier) AS
    SELECT f.xid, f.id, f.event_id, f.type, f.data, f.occurred_at, f.ssin, a.authorization_id, a.version, a.fields
    FROM personnel_file.feed f JOIN access.institution_authorizations a
        ON a.institution_id = current_setting('dimona.institution', true)
        AND a.valid_from <= f.occurred_at AND (a.valid_to IS NULL OR a.valid_to > f.occurred_at);
COMMENT ON VIEW feed.events IS
    'Events for the institution of the setting dimona.institution, with the authorization in force when each occurred.';

-- Return the place of the last of the next rows, visible or not. So an institution that may see few events needs no long
-- search.
CREATE FUNCTION feed.place_after(after_xid xid8, after_id bigint, most int, OUT xid xid8, OUT id bigint, OUT rows int)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = personnel_file, pg_temp AS $$
    WITH piece AS MATERIALIZED (
        SELECT f.xid, f.id FROM personnel_file.feed f
        WHERE (f.xid, f.id) > (after_xid, after_id) AND f.xid < pg_snapshot_xmin(pg_current_snapshot())
        ORDER BY f.xid, f.id LIMIT most)
    SELECT p.xid, p.id, (SELECT count(*) FROM piece)::int FROM piece p ORDER BY p.xid DESC, p.id DESC LIMIT 1
$$;
-- The place of the last event that readers may have, and the age in seconds of the oldest event that they may not have.
CREATE FUNCTION feed.head(OUT xid xid8, OUT id bigint) LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = personnel_file, pg_temp AS $$
    SELECT f.xid, f.id FROM personnel_file.feed f WHERE f.xid < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY f.xid DESC, f.id DESC LIMIT 1
$$;
CREATE FUNCTION feed.hidden_age() RETURNS float8 LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = personnel_file, pg_temp AS $$
    SELECT coalesce((
        SELECT extract(epoch FROM platform.now() - f.occurred_at) FROM personnel_file.feed f
        WHERE f.xid >= pg_snapshot_xmin(pg_current_snapshot()) ORDER BY f.xid, f.id LIMIT 1), 0)::float8
$$;
-- The age in seconds of the first event after a place that readers may have.
CREATE FUNCTION feed.age_after(after_xid xid8, after_id bigint) RETURNS float8 LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = personnel_file, pg_temp AS $$
    SELECT coalesce((
        SELECT extract(epoch FROM platform.now() - f.occurred_at) FROM personnel_file.feed f
        WHERE (f.xid, f.id) > (after_xid, after_id) AND f.xid < pg_snapshot_xmin(pg_current_snapshot())
        ORDER BY f.xid, f.id LIMIT 1), 0)::float8
$$;
REVOKE ALL ON FUNCTION feed.numbers_of, feed.place_after, feed.head, feed.hidden_age, feed.age_after FROM PUBLIC;

GRANT SELECT ON access.institutions, access.institution_authorizations, feed.events TO dimona_feed;
GRANT SELECT, INSERT, UPDATE, DELETE ON feed.inscriptions TO dimona_feed;
GRANT SELECT, INSERT, UPDATE ON feed.positions TO dimona_feed;
GRANT EXECUTE ON FUNCTION feed.numbers_of, feed.place_after, feed.head, feed.hidden_age, feed.age_after TO dimona_feed;
GRANT EXECUTE ON FUNCTION feed.numbers_of TO dimona_feed_places;
GRANT CREATE ON SCHEMA feed TO dimona_feed_places;
ALTER FUNCTION feed.place_after OWNER TO dimona_feed_places;
ALTER FUNCTION feed.head OWNER TO dimona_feed_places;
ALTER FUNCTION feed.hidden_age OWNER TO dimona_feed_places;
ALTER FUNCTION feed.age_after OWNER TO dimona_feed_places;
REVOKE CREATE ON SCHEMA feed FROM dimona_feed_places;
-- The owner may call them, which the test of plans does.
DO $$
DECLARE owner CONSTANT text := current_user;
BEGIN
    SET LOCAL ROLE dimona_feed_places;
    EXECUTE format('GRANT EXECUTE ON FUNCTION feed.place_after, feed.head, feed.hidden_age, feed.age_after TO %I', owner);
    RESET ROLE;
END $$;

-- migrate:down
DROP VIEW feed.events;
DROP FUNCTION feed.head, feed.place_after, feed.hidden_age, feed.age_after;
DROP POLICY of_owner ON personnel_file.feed;
DROP POLICY of_personnel_file ON personnel_file.feed;
DROP POLICY of_places ON personnel_file.feed;
DROP POLICY of_institution ON personnel_file.feed;
ALTER TABLE personnel_file.feed NO FORCE ROW LEVEL SECURITY;
ALTER TABLE personnel_file.feed DISABLE ROW LEVEL SECURITY;
DROP FUNCTION feed.numbers_of;
DROP TABLE feed.positions, feed.inscriptions;
REVOKE ALL ON personnel_file.feed, access.institution_authorizations FROM dimona_feed_places;
REVOKE USAGE ON SCHEMA feed, personnel_file, access FROM dimona_feed_places;
REVOKE SELECT ON access.institution_authorizations FROM dimona_feed;
