-- migrate:up
-- A version also counts for events of before its confirmation, from its begin on, at times for which no other version
-- counted (ADR 30). So a row of this view is a version and one of its times; only the last one of a version goes on.
CREATE OR REPLACE VIEW access.institution_authorizations AS
    SELECT v.institution_id, v.authorization_id, v.version, v.fields, v.kinds, v.all_workers, t.valid_from, t.valid_to,
        v.sees_from, v.in_force_since
    FROM (
        SELECT u.*,
            min(u.begins_at) FILTER (WHERE u.allowed)
                OVER (PARTITION BY u.institution_id, u.authorization_id) AS sees_from,
            max(u.started_at) OVER (PARTITION BY u.institution_id ORDER BY u.valid_from, u.place) AS in_force_since,
            range_agg(tstzrange(u.begins_at, u.valid_to)) FILTER (WHERE u.allowed)
                OVER (PARTITION BY u.institution_id ORDER BY u.confirmed_at, u.place
                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS taken
        FROM (
            SELECT c.*, CASE WHEN lag(c.allowed) OVER w AND lag(c.valid_to) OVER w = c.valid_from
                AND c.confirmed_at <= c.valid_from THEN NULL ELSE greatest(c.valid_from, c.confirmed_at) END AS started_at
            FROM (
                SELECT a.*, a.guarantee IS NOT NULL OR a.country IN (SELECT e.country FROM access.eea_country e) AS allowed,
                    least(a.expires_at, a.ended_at, lead(a.valid_from) OVER (
                        PARTITION BY a.institution_id ORDER BY a.valid_from, a.place)) AS valid_to
                FROM access.institution_authorization a
                WHERE a.confirmed_at IS NOT NULL AND (a.ended_at IS NULL OR a.ended_at > a.valid_from)
            ) AS c
            WINDOW w AS (PARTITION BY c.institution_id ORDER BY c.valid_from, c.place)
        ) AS u
    ) AS v
    CROSS JOIN LATERAL (
        SELECT v.valid_from, v.valid_to
        UNION ALL
        SELECT lower(g), upper(g)
        FROM unnest(tstzmultirange(tstzrange(v.begins_at, least(v.valid_from, v.valid_to)))
            - coalesce(v.taken, '{}')) AS g
    ) AS t
    WHERE v.allowed AND (t.valid_to IS NULL OR t.valid_to > t.valid_from);
COMMENT ON VIEW access.institution_authorizations IS
    'Confirmed versions for allowed countries, a row for each time of a version. It is in force at t if '
    'valid_from <= t < valid_to (null: no end). While it is, the institution gets events from sees_from on: the first '
    'begin of the versions of the authorization. in_force_since: when the institution was last without one.';

-- The human behind a user id, in any spelling, or behind operator:LOGIN. Persons with one NISS are one human.
CREATE FUNCTION access.human_behind(agent text) RETURNS text LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    given CONSTANT text := lower(btrim(agent));
BEGIN
    IF NOT pg_input_is_valid(given, 'uuid') THEN
        RETURN given;
    END IF;
    RETURN coalesce((SELECT p.ssin::text FROM access.person p WHERE p.user_id = given::uuid), given::uuid::text);
END $$;
CREATE FUNCTION access.judge_confirmation(granted_by text, confirmed_by text) RETURNS text LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE
        WHEN access.human_behind(granted_by) = access.human_behind(confirmed_by) THEN 'sameAgent'
        WHEN starts_with(granted_by, 'operator:') <> starts_with(confirmed_by, 'operator:') THEN 'otherKind'
        ELSE 'done' END
$$;
COMMENT ON FUNCTION access.judge_confirmation IS
    'Whether two agents may grant and confirm a version: done; sameAgent for one human; otherKind for an operator and a '
    'user of the directory, because nothing tells that they are two humans.';
REVOKE ALL ON FUNCTION access.human_behind, access.judge_confirmation FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access.human_behind, access.judge_confirmation TO dimona_access;

CREATE OR REPLACE FUNCTION access.keep_authorization() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    added CONSTANT text[] := '{confirmed_by,confirmed_at,valid_from,ended_by,ended_at,end_reason}';
    said_at timestamptz := platform.now();
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF to_jsonb(NEW) - added <> to_jsonb(OLD) - added OR OLD.ended_at IS NOT NULL
            OR (OLD.confirmed_at IS NOT NULL AND (NEW.confirmed_by, NEW.confirmed_at, NEW.valid_from)
                IS DISTINCT FROM (OLD.confirmed_by, OLD.confirmed_at, OLD.valid_from)) THEN
            RAISE restrict_violation USING MESSAGE = 'an authorization is confirmed and ended, and not changed';
        END IF;
        IF NEW.ended_by IS NOT NULL THEN
            NEW.ended_at := said_at;
        END IF;
        IF OLD.confirmed_at IS NOT NULL THEN
            RETURN NEW;
        END IF;
    END IF;
    IF NEW.confirmed_by IS NOT NULL THEN
        IF access.judge_confirmation(NEW.granted_by, NEW.confirmed_by) <> 'done' THEN
            RAISE check_violation USING MESSAGE = 'an authorization is confirmed by a second agent of the same kind',
                CONSTRAINT = 'authorization_by_two_agents';
        END IF;
        PERFORM FROM access.institution WHERE institution_id = NEW.institution_id FOR UPDATE;
        NEW.confirmed_at := said_at;
        -- Versions without a guarantee take a place, too: the new one must come after it.
        NEW.valid_from := CASE WHEN EXISTS (
                SELECT FROM access.institution_authorization v
                WHERE v.institution_id = NEW.institution_id AND v.valid_from < said_at
                    AND coalesce(least(v.expires_at, v.ended_at), 'infinity') > greatest(v.valid_from, NEW.begins_at))
            THEN greatest(NEW.begins_at, said_at) ELSE NEW.begins_at END;
    END IF;
    RETURN NEW;
END $$;
COMMENT ON COLUMN access.institution_authorization.valid_from IS
    'From when it replaces others: begins_at, or its confirmation if another version counted since begins_at. So no past '
    'changes. It counts from begins_at at times for which no other version counted.';

CREATE OR REPLACE FUNCTION access.confirm_authorization(
    institution text, chosen uuid, chosen_version int, agent text
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    proposed record;
    verdict text;
BEGIN
    PERFORM FROM access.institution i WHERE i.institution_id = institution FOR UPDATE;
    SELECT a.granted_by, a.expires_at INTO proposed FROM access.institution_authorization a
    WHERE a.institution_id = institution AND a.authorization_id = chosen AND a.version = chosen_version
        AND a.confirmed_at IS NULL AND a.ended_at IS NULL;
    IF NOT FOUND THEN
        RETURN 'noProposal';
    END IF;
    verdict := access.judge_confirmation(proposed.granted_by, agent);
    IF verdict <> 'done' THEN
        RETURN verdict;
    ELSIF proposed.expires_at <= platform.now() THEN
        RETURN 'expired';
    END IF;
    UPDATE access.institution_authorization a SET confirmed_by = agent
    WHERE a.authorization_id = chosen AND a.version = chosen_version;
    RETURN 'done';
END $$;

-- migrate:down
CREATE OR REPLACE FUNCTION access.confirm_authorization(
    institution text, chosen uuid, chosen_version int, agent text
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    proposed record;
BEGIN
    PERFORM FROM access.institution i WHERE i.institution_id = institution FOR UPDATE;
    SELECT a.granted_by, a.expires_at INTO proposed FROM access.institution_authorization a
    WHERE a.institution_id = institution AND a.authorization_id = chosen AND a.version = chosen_version
        AND a.confirmed_at IS NULL AND a.ended_at IS NULL;
    IF NOT FOUND THEN
        RETURN 'noProposal';
    ELSIF proposed.granted_by = agent THEN
        RETURN 'sameAgent';
    ELSIF proposed.expires_at <= platform.now() THEN
        RETURN 'expired';
    END IF;
    UPDATE access.institution_authorization a SET confirmed_by = agent
    WHERE a.authorization_id = chosen AND a.version = chosen_version;
    RETURN 'done';
END $$;
CREATE OR REPLACE FUNCTION access.keep_authorization() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    added CONSTANT text[] := '{confirmed_by,confirmed_at,valid_from,ended_by,ended_at,end_reason}';
    said_at timestamptz := platform.now();
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF to_jsonb(NEW) - added <> to_jsonb(OLD) - added OR OLD.ended_at IS NOT NULL
            OR (OLD.confirmed_at IS NOT NULL AND (NEW.confirmed_by, NEW.confirmed_at, NEW.valid_from)
                IS DISTINCT FROM (OLD.confirmed_by, OLD.confirmed_at, OLD.valid_from)) THEN
            RAISE restrict_violation USING MESSAGE = 'an authorization is confirmed and ended, and not changed';
        END IF;
        IF NEW.ended_by IS NOT NULL THEN
            NEW.ended_at := said_at;
        END IF;
        IF OLD.confirmed_at IS NOT NULL THEN
            RETURN NEW;
        END IF;
    END IF;
    IF NEW.confirmed_by IS NOT NULL THEN
        PERFORM FROM access.institution WHERE institution_id = NEW.institution_id FOR UPDATE;
        NEW.confirmed_at := said_at;
        NEW.valid_from := CASE WHEN EXISTS (
                SELECT FROM access.institution_authorizations v
                WHERE v.institution_id = NEW.institution_id AND v.valid_from < said_at
                    AND (v.valid_to IS NULL OR v.valid_to > NEW.begins_at))
            THEN greatest(NEW.begins_at, said_at) ELSE NEW.begins_at END;
    END IF;
    RETURN NEW;
END $$;
DROP FUNCTION access.judge_confirmation, access.human_behind;
-- Again one row for each version. The two new columns stay empty, because readers of other schemas depend on the view.
CREATE OR REPLACE VIEW access.institution_authorizations AS
    SELECT institution_id, authorization_id, version, fields, kinds, all_workers, valid_from, valid_to,
        NULL::timestamptz AS sees_from, NULL::timestamptz AS in_force_since
    FROM (
        SELECT a.*, least(a.expires_at, a.ended_at, lead(a.valid_from) OVER (
            PARTITION BY a.institution_id ORDER BY a.valid_from, a.place)) AS valid_to
        FROM access.institution_authorization a
        WHERE a.confirmed_at IS NOT NULL AND (a.ended_at IS NULL OR a.ended_at > a.valid_from)
    ) AS v
    WHERE (valid_to IS NULL OR valid_to > valid_from)
        AND (guarantee IS NOT NULL OR country IN (SELECT country FROM access.eea_country));
