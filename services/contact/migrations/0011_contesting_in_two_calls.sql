-- migrate:up

-- All that a batch of contestations needs, in one call: each statement sees what was committed before its locks
-- were granted, which one statement with several parts would not.
CREATE FUNCTION contact.begin_contesting(
    known_at timestamptz, clients text[], messages text[], digests bytea[], contested uuid[],
    OUT begun_at timestamptz, OUT fresh json, OUT replied json, OUT organizations json, OUT notified json,
    OUT open_cases json
) LANGUAGE plpgsql AS $$
BEGIN
    begun_at := coalesce(known_at, platform.now());
    WITH claimed AS (
        INSERT INTO contact.commands (client_id, message_id)
        SELECT DISTINCT c, m FROM unnest(clients, messages) AS g (c, m) ORDER BY c, m
        ON CONFLICT DO NOTHING RETURNING client_id, message_id)
    SELECT json_agg(json_build_array(client_id, message_id)) INTO fresh FROM claimed;

    SELECT json_agg(json_build_array(r.client_id, r.message_id, encode(r.body_sha256, 'hex'), r.event_id, r.type,
        r.event)) INTO replied
    FROM unnest(clients, messages, digests) AS g (c, m, d)
    JOIN contact.replies r ON r.client_id = g.c AND r.message_id = g.m AND r.body_sha256 = g.d;

    SELECT json_agg(json_build_array(o.client_id, o.organization)) INTO organizations
    FROM access.clients o WHERE o.client_id = ANY(clients);

    -- Locked until the commit, so that no rival contests or finishes them.
    SELECT json_agg(json_build_array(n.notification_id, n.declaration_id, n.employer, n.addressee, n.result,
        n.deadline)) INTO notified
    FROM (SELECT * FROM contact.notifications WHERE notification_id = ANY(contested)
          ORDER BY notification_id FOR UPDATE) AS n;

    SELECT json_agg(json_build_array(c.notification_id, c.enterprise_number, c.case_id)) INTO open_cases
    FROM contact.cases c WHERE c.notification_id = ANY(contested) AND c.state = 'open';
END $$;

-- migrate:down
DROP FUNCTION contact.begin_contesting;
