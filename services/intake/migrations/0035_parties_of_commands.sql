-- migrate:up
-- A command is found again by its party and its id. The party is the client, and for a person the organization for which
-- the person acts: the clients of an organization change, and a form that is sent twice must stay one declaration.
COMMENT ON TABLE intake.commands IS
    'What each party has sent, by its own message id: a repeat is answered again and has no effect.';
COMMENT ON COLUMN intake.commands.client_id IS
    'The client; organization/NUMBER for a command of a person, so that a change of clients changes no key.';

CREATE FUNCTION intake.begin_reception(
    known_at timestamptz, clients text[], parties text[], messages text[], digests bytea[], set_aside bigint[],
    named_periods bigint[], named_days bigint[], named_enterprises text[], named_employers bigint[],
    named_users text[], OUT begun_at timestamptz, OUT fresh bigint[], OUT repeats json, OUT organizations json, OUT periods json,
    OUT days json, OUT employers json, OUT mandates json, OUT users json
) LANGUAGE plpgsql AS $$
DECLARE
    enterprises text[] := named_enterprises || named_users; found_organizations text[]; found_employers text[]; owners text[];
    now_quarter text;
BEGIN
    begun_at := coalesce(known_at, platform.now());
    -- A number is set aside for the first command with an id; a later one in the batch has none.
    WITH claimed AS (
        INSERT INTO intake.commands (client_id, message_id, body_sha256, number)
        SELECT c, m, d, n FROM unnest(parties, messages, digests, set_aside) AS g (c, m, d, n)
        WHERE n IS NOT NULL ORDER BY c, m
        ON CONFLICT DO NOTHING RETURNING number)
    SELECT coalesce(array_agg(number), '{}') INTO fresh FROM claimed;

    IF cardinality(fresh) < cardinality(set_aside) THEN
        SELECT json_agg(json_build_array(
            g.place, c.body_sha256 = g.d, d.number, d.message_source, d.received_at, s.answer, s.recorded_at,
            f.answer, f.recorded_at, p.event_id, p.event)) INTO repeats
        FROM unnest(parties, messages, digests) WITH ORDINALITY AS g (c, m, d, place)
        JOIN intake.commands c ON c.client_id = g.c AND c.message_id = g.m AND c.number <> ALL(fresh)
        LEFT JOIN intake.declarations d ON d.number = c.number
        LEFT JOIN intake.results s ON s.number = c.number AND NOT s.final
        LEFT JOIN intake.results f ON f.number = c.number AND f.final
        LEFT JOIN intake.problems p ON p.client_id = g.c AND p.message_id = g.m AND p.body_sha256 = g.d;
    END IF;

    SELECT json_agg(json_build_array(o.client_id, o.organization)), array_agg(o.organization::text)
    INTO organizations, found_organizations
    FROM access.clients o WHERE o.client_id = ANY(clients);

    IF named_periods <> '{}' THEN
        SELECT json_agg(json_build_array(
            d.number, d.number, d.employer, d.employer_id, coalesce(r.result = 'B', false),
            coalesce(d.order_key, ''), d.received_at)), array_agg(DISTINCT d.employer)
        INTO periods, owners
        FROM intake.declarations d LEFT JOIN intake.results r ON r.number = d.number AND r.final
        WHERE d.number = ANY(named_periods) AND d.kind = 'in' AND d.employer IS NOT NULL;
        enterprises := enterprises || owners;
    END IF;
    -- A registration has the number of the declaration that created it, and the order key of its period's IN.
    IF named_days <> '{}' THEN
        SELECT json_agg(json_build_array(
            d.number, d.declared::jsonb #> '{dimonaDailyRegistration,periodId}', d.employer, d.employer_id, false,
            d.order_key, NULL)), array_agg(DISTINCT d.employer)
        INTO days, owners
        FROM intake.declarations d
        WHERE d.number = ANY(named_days) AND d.kind = 'daily' AND d.order_key IS NOT NULL
            AND d.declared::jsonb #> '{dimonaDailyRegistration,periodId}' IS NOT NULL;
        enterprises := enterprises || owners;
    END IF;

    SELECT json_agg(json_build_array(
        e.enterprise_number, e.employer_id, e.active_from, e.active_until, e.provincial_or_local,
        e.secured_channel_only, e.sub_entities, e.daily_registration)), array_agg(e.enterprise_number::text)
    INTO employers, found_employers
    FROM access.employers e
    WHERE e.enterprise_number = ANY(enterprises) OR e.employer_id = ANY(named_employers);

    now_quarter := to_char(begun_at AT TIME ZONE 'Europe/Brussels', 'YYYY"Q"Q');
    SELECT json_agg(json_build_array(m.mandatary, m.mandator)) INTO mandates
    FROM access.mandates m
    WHERE m.application_group = 'dimona' AND m.mandatary = ANY(found_organizations)
        AND m.mandator = ANY(found_employers)
        AND m.begin_quarter <= now_quarter AND (m.end_quarter IS NULL OR m.end_quarter >= now_quarter);

    -- No row as long as the register of enterprises is not loaded.
    IF named_users <> '{}' THEN
        SELECT json_agg(json_build_array(
            k.n, EXISTS (SELECT FROM access.enterprise e WHERE e.enterprise_number = k.n))) INTO users
        FROM unnest(named_users) AS k (n)
        WHERE (SELECT min(e.enterprise_number) FROM access.enterprise e) IS NOT NULL;
    END IF;
END $$;
COMMENT ON FUNCTION intake.begin_reception(
    timestamptz, text[], text[], text[], bytea[], bigint[], bigint[], bigint[], text[], bigint[], text[]) IS
    'Stores commands under their parties, and returns the facts that the rules need.';

-- For processes of the version before, until they have ended.
CREATE OR REPLACE FUNCTION intake.begin_reception(
    known_at timestamptz, clients text[], messages text[], digests bytea[], set_aside bigint[],
    named_periods bigint[], named_days bigint[], named_enterprises text[], named_employers bigint[],
    named_users text[], OUT begun_at timestamptz, OUT fresh bigint[], OUT repeats json, OUT organizations json, OUT periods json,
    OUT days json, OUT employers json, OUT mandates json, OUT users json
) LANGUAGE sql AS $$
    SELECT * FROM intake.begin_reception(known_at, clients, clients, messages, digests, set_aside, named_periods,
        named_days, named_enterprises, named_employers, named_users)
$$;

-- migrate:down
DROP FUNCTION intake.begin_reception(
    timestamptz, text[], text[], text[], bytea[], bigint[], bigint[], bigint[], text[], bigint[], text[]);
CREATE OR REPLACE FUNCTION intake.begin_reception(
    known_at timestamptz, clients text[], messages text[], digests bytea[], set_aside bigint[],
    named_periods bigint[], named_days bigint[], named_enterprises text[], named_employers bigint[],
    named_users text[], OUT begun_at timestamptz, OUT fresh bigint[], OUT repeats json, OUT organizations json, OUT periods json,
    OUT days json, OUT employers json, OUT mandates json, OUT users json
) LANGUAGE plpgsql AS $$
DECLARE
    enterprises text[] := named_enterprises || named_users; found_organizations text[]; found_employers text[]; owners text[];
    now_quarter text;
BEGIN
    begun_at := coalesce(known_at, platform.now());
    -- A number is set aside for the first command with an id; a later one in the batch has none.
    WITH claimed AS (
        INSERT INTO intake.commands (client_id, message_id, body_sha256, number)
        SELECT c, m, d, n FROM unnest(clients, messages, digests, set_aside) AS g (c, m, d, n)
        WHERE n IS NOT NULL ORDER BY c, m
        ON CONFLICT DO NOTHING RETURNING number)
    SELECT coalesce(array_agg(number), '{}') INTO fresh FROM claimed;

    IF cardinality(fresh) < cardinality(set_aside) THEN
        SELECT json_agg(json_build_array(
            g.place, c.body_sha256 = g.d, d.number, d.message_source, d.received_at, s.answer, s.recorded_at,
            f.answer, f.recorded_at, p.event_id, p.event)) INTO repeats
        FROM unnest(clients, messages, digests) WITH ORDINALITY AS g (c, m, d, place)
        JOIN intake.commands c ON c.client_id = g.c AND c.message_id = g.m AND c.number <> ALL(fresh)
        LEFT JOIN intake.declarations d ON d.number = c.number
        LEFT JOIN intake.results s ON s.number = c.number AND NOT s.final
        LEFT JOIN intake.results f ON f.number = c.number AND f.final
        LEFT JOIN intake.problems p ON p.client_id = g.c AND p.message_id = g.m AND p.body_sha256 = g.d;
    END IF;

    SELECT json_agg(json_build_array(o.client_id, o.organization)), array_agg(o.organization::text)
    INTO organizations, found_organizations
    FROM access.clients o WHERE o.client_id = ANY(clients);

    IF named_periods <> '{}' THEN
        SELECT json_agg(json_build_array(
            d.number, d.number, d.employer, d.employer_id, coalesce(r.result = 'B', false),
            coalesce(d.order_key, ''), d.received_at)), array_agg(DISTINCT d.employer)
        INTO periods, owners
        FROM intake.declarations d LEFT JOIN intake.results r ON r.number = d.number AND r.final
        WHERE d.number = ANY(named_periods) AND d.kind = 'in' AND d.employer IS NOT NULL;
        enterprises := enterprises || owners;
    END IF;
    -- A registration has the number of the declaration that created it, and the order key of its period's IN.
    IF named_days <> '{}' THEN
        SELECT json_agg(json_build_array(
            d.number, d.declared::jsonb #> '{dimonaDailyRegistration,periodId}', d.employer, d.employer_id, false,
            d.order_key, NULL)), array_agg(DISTINCT d.employer)
        INTO days, owners
        FROM intake.declarations d
        WHERE d.number = ANY(named_days) AND d.kind = 'daily' AND d.order_key IS NOT NULL
            AND d.declared::jsonb #> '{dimonaDailyRegistration,periodId}' IS NOT NULL;
        enterprises := enterprises || owners;
    END IF;

    SELECT json_agg(json_build_array(
        e.enterprise_number, e.employer_id, e.active_from, e.active_until, e.provincial_or_local,
        e.secured_channel_only, e.sub_entities, e.daily_registration)), array_agg(e.enterprise_number::text)
    INTO employers, found_employers
    FROM access.employers e
    WHERE e.enterprise_number = ANY(enterprises) OR e.employer_id = ANY(named_employers);

    now_quarter := to_char(begun_at AT TIME ZONE 'Europe/Brussels', 'YYYY"Q"Q');
    SELECT json_agg(json_build_array(m.mandatary, m.mandator)) INTO mandates
    FROM access.mandates m
    WHERE m.application_group = 'dimona' AND m.mandatary = ANY(found_organizations)
        AND m.mandator = ANY(found_employers)
        AND m.begin_quarter <= now_quarter AND (m.end_quarter IS NULL OR m.end_quarter >= now_quarter);

    -- No row as long as the register of enterprises is not loaded.
    IF named_users <> '{}' THEN
        SELECT json_agg(json_build_array(
            k.n, EXISTS (SELECT FROM access.enterprise e WHERE e.enterprise_number = k.n))) INTO users
        FROM unnest(named_users) AS k (n)
        WHERE (SELECT min(e.enterprise_number) FROM access.enterprise e) IS NOT NULL;
    END IF;
END $$;
