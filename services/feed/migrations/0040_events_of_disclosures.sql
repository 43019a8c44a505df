-- migrate:up
-- The events that rows of the log name, for their institution (ADR 35). It got them, so the rule of new events does not
-- count: it may have got the state of a period that changed before its begin, or its inscription may have ended.
CREATE FUNCTION feed.disclosed_events(numbers bigint[]) RETURNS TABLE (
    id bigint, event_id uuid, type text, data text, occurred_at timestamptz, ssin bpchar)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT f.id, f.event_id, f.type, f.data, f.occurred_at, f.ssin::bpchar
    FROM personnel_file.feed f
    WHERE f.id = ANY(ARRAY(
            SELECT unnest(d.events) FROM feed.disclosures d
            WHERE d.institution_id = current_setting('dimona.institution', true) AND d.seq = ANY(numbers)))
        AND EXISTS (
            SELECT FROM access.institution_authorizations a
            WHERE a.institution_id = current_setting('dimona.institution', true)
                AND a.valid_from <= platform.now() AND (a.valid_to IS NULL OR a.valid_to > platform.now()))
$$;
COMMENT ON FUNCTION feed.disclosed_events IS
    'Events of rows of the log, by the numbers of the rows, for the institution of the setting dimona.institution.';
REVOKE ALL ON FUNCTION feed.disclosed_events FROM PUBLIC;
GRANT EXECUTE ON FUNCTION feed.disclosed_events TO dimona_feed;
GRANT SELECT ON feed.disclosures TO dimona_feed_places;
GRANT CREATE ON SCHEMA feed TO dimona_feed_places;
ALTER FUNCTION feed.disclosed_events OWNER TO dimona_feed_places;
REVOKE CREATE ON SCHEMA feed FROM dimona_feed_places;
-- The owner may call it, which the test of plans does.
DO $$
DECLARE owner CONSTANT text := current_user;
BEGIN
    SET LOCAL ROLE dimona_feed_places;
    EXECUTE format('GRANT EXECUTE ON FUNCTION feed.disclosed_events TO %I', owner);
    RESET ROLE;
END $$;

-- migrate:down
REVOKE SELECT ON feed.disclosures FROM dimona_feed_places;
DROP FUNCTION feed.disclosed_events;
