-- migrate:up
-- An institution that may not see some types of events does not read them: the next rows of the types that it sees are
-- found through this index, and its position goes over all others at once (ADR 34).
CREATE INDEX feed_by_type ON personnel_file.feed (type, xid, id);

-- Return the place after the next rows that count, and how many they are. Without hidden types all rows count, visible or
-- not. With hidden types only rows of the others count, and `ids` has their numbers; at the end of the feed the place is the
-- last one of all. The place is null if no row follows.
CREATE FUNCTION feed.piece_after(
    after_xid xid8, after_id bigint, most int, OUT xid xid8, OUT id bigint, OUT rows int, OUT ids bigint[])
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = personnel_file, pg_temp AS $$
DECLARE
    shown text[];
    is_restricted boolean;
BEGIN
    WITH RECURSIVE types AS (
        (SELECT f.type FROM feed f ORDER BY f.type LIMIT 1)
        UNION ALL
        SELECT (SELECT f.type FROM feed f WHERE f.type > t.type ORDER BY f.type LIMIT 1) FROM types t WHERE t.type IS NOT NULL),
    judged AS (
        SELECT t.type, EXISTS (
                SELECT FROM access.institution_authorizations a
                WHERE a.institution_id = current_setting('dimona.institution', true)
                    AND (a.kinds IS NULL OR t.type = ANY(a.kinds))
                    AND (t.type NOT LIKE '%.dailyRegistrations.%' OR 'dailyRegistration' = ANY(a.fields))) AS is_shown
        FROM types t WHERE t.type IS NOT NULL)
    SELECT coalesce(array_agg(j.type) FILTER (WHERE j.is_shown), '{}'), coalesce(bool_or(NOT j.is_shown), false)
    INTO shown, is_restricted FROM judged j;
    IF NOT is_restricted THEN
        SELECT p.xid, p.id, p.rows INTO xid, id, rows FROM feed.place_after(after_xid, after_id, most) p;
        RETURN;
    END IF;
    WITH piece AS MATERIALIZED (
        SELECT p.xid, p.id FROM unnest(shown) AS t (type), LATERAL (
            SELECT f.xid, f.id FROM feed f
            WHERE f.type = t.type AND (f.xid, f.id) > (after_xid, after_id)
                AND f.xid < pg_snapshot_xmin(pg_current_snapshot())
            ORDER BY f.xid, f.id LIMIT most) AS p
        ORDER BY p.xid, p.id LIMIT most)
    SELECT coalesce(array_agg(p.id ORDER BY p.xid, p.id), '{}'), count(*),
        (array_agg(p.xid ORDER BY p.xid DESC, p.id DESC))[1], (array_agg(p.id ORDER BY p.xid DESC, p.id DESC))[1]
    INTO ids, rows, xid, id FROM piece p;
    IF rows < most THEN
        SELECT h.xid, h.id INTO xid, id FROM feed.head() h WHERE (h.xid, h.id) > (after_xid, after_id);
    END IF;
END $$;
REVOKE ALL ON FUNCTION feed.piece_after FROM PUBLIC;
GRANT EXECUTE ON FUNCTION feed.piece_after TO dimona_feed;
GRANT CREATE ON SCHEMA feed TO dimona_feed_places;
ALTER FUNCTION feed.piece_after OWNER TO dimona_feed_places;
REVOKE CREATE ON SCHEMA feed FROM dimona_feed_places;
-- The owner may call it, which the test of plans does.
DO $$
DECLARE owner CONSTANT text := current_user;
BEGIN
    SET LOCAL ROLE dimona_feed_places;
    EXECUTE format('GRANT EXECUTE ON FUNCTION feed.piece_after TO %I', owner);
    RESET ROLE;
END $$;

-- migrate:down
DROP FUNCTION feed.piece_after;
DROP INDEX personnel_file.feed_by_type;
