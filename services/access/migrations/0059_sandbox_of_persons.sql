-- migrate:up
-- A reset also forgets the commands of persons, which are stored under their organization.
CREATE OR REPLACE FUNCTION access.reset_sandbox(resetter text) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    sent bigint[]; keys text[]; touched bigint[]; told uuid[]; asked uuid[]; letters uuid[];
BEGIN
    PERFORM access.require_test();
    LOCK TABLE intake.chains IN SHARE ROW EXCLUSIVE MODE;  -- no declaration follows one that is deleted
    SELECT coalesce(array_agg(number), '{}'), coalesce(array_agg(DISTINCT order_key), '{}') INTO sent, keys
    FROM intake.declarations WHERE organization = resetter;
    IF EXISTS (
        SELECT FROM intake.open o WHERE o.number = ANY(sent)
          AND NOT EXISTS (SELECT FROM personnel_file.waiting w WHERE w.declaration_id = o.number)
          AND NOT EXISTS (
            SELECT FROM identification.cases c WHERE c.declaration_id = o.number AND c.state = 'open')
    ) OR EXISTS (
        SELECT FROM intake.results r WHERE r.number = ANY(sent) AND r.recorded_at > platform.now() - interval '2 seconds'
    ) THEN
        RETURN NULL;
    END IF;

    DELETE FROM personnel_file.waiting WHERE declaration_id = ANY(sent);
    DELETE FROM identification.case_history WHERE declaration_id = ANY(sent);
    DELETE FROM identification.cases WHERE declaration_id = ANY(sent);

    UPDATE personnel_file.account_days a SET periods = a.periods - g.gone
    FROM (
        SELECT p.quota_account AS account, p.start_date + n AS day, count(*)::int AS gone
        FROM personnel_file.periods p
        CROSS JOIN LATERAL generate_series(0, CASE
            WHEN p.end_hour IS NOT NULL AND p.end_date = p.start_date + 1 THEN 0
            ELSE coalesce(p.end_date, p.start_date) - p.start_date END) AS n
        WHERE p.quota_account IS NOT NULL AND NOT p.canceled AND p.period_id = ANY(sent) GROUP BY 1, 2) AS g
    WHERE a.account = g.account AND a.day = g.day;
    DELETE FROM personnel_file.daily_registrations WHERE period_id = ANY(sent) OR registration_id = ANY(sent);
    DELETE FROM personnel_file.locks WHERE period_id = ANY(sent);
    DELETE FROM personnel_file.history WHERE period_id = ANY(sent);
    SELECT coalesce(array_agg(DISTINCT r.relation_id), '{}') INTO touched
    FROM personnel_file.relations r JOIN personnel_file.periods p USING (employer, ssin) WHERE p.period_id = ANY(sent);
    DELETE FROM personnel_file.periods WHERE period_id = ANY(sent);
    -- A relation in which others have periods stays.
    SELECT coalesce(array_agg(r.relation_id), '{}') INTO touched
    FROM personnel_file.relations r WHERE r.relation_id = ANY(touched) AND NOT EXISTS (
        SELECT FROM personnel_file.periods p WHERE p.employer = r.employer AND p.ssin = r.ssin);
    DELETE FROM personnel_file.history h USING personnel_file.relations r
    WHERE r.relation_id = ANY(touched) AND h.employer = r.employer AND h.ssin = r.ssin;
    DELETE FROM personnel_file.relations WHERE relation_id = ANY(touched);
    DELETE FROM personnel_file.late WHERE declaration_id = ANY(sent);
    DELETE FROM personnel_file.discards WHERE declaration_id = ANY(sent);
    DELETE FROM personnel_file.settlements WHERE declaration_id = ANY(sent);

    SELECT coalesce(array_agg(notification_id), '{}') INTO told
    FROM notifier.notifications WHERE declaration_id = ANY(sent);
    SELECT coalesce(array_agg(case_id), '{}') INTO asked FROM contact.cases WHERE notification_id = ANY(told);
    DELETE FROM contact.decisions WHERE case_id = ANY(asked);
    DELETE FROM contact.history WHERE case_id = ANY(asked);
    DELETE FROM contact.cases WHERE case_id = ANY(asked);
    DELETE FROM contact.notifications WHERE notification_id = ANY(told);
    SELECT coalesce(array_agg(message_id), '{}') INTO letters FROM notifier.messages WHERE declaration_id = ANY(sent);
    DELETE FROM notifier.readings WHERE message_id = ANY(letters);
    DELETE FROM notifier.labels WHERE message_id = ANY(letters);
    DELETE FROM notifier.attention WHERE message_id = ANY(letters);
    DELETE FROM notifier.announcements WHERE message_id = ANY(letters);
    DELETE FROM notifier.ebox_events WHERE message_id = ANY(letters);
    DELETE FROM notifier.print_jobs WHERE message_id = ANY(letters);
    DELETE FROM notifier.messages WHERE message_id = ANY(letters);
    DELETE FROM notifier.dispatches WHERE declaration_id = ANY(sent);
    DELETE FROM notifier.notifications WHERE notification_id = ANY(told);

    DELETE FROM intake.problems p USING access.client c
    WHERE c.client_id = p.client_id AND c.organization = resetter;
    DELETE FROM intake.problems WHERE client_id = 'organization/' || resetter;
    DELETE FROM intake.commands p USING access.client c
    WHERE c.client_id = p.client_id AND c.organization = resetter;
    DELETE FROM intake.commands WHERE client_id = 'organization/' || resetter;
    DELETE FROM intake.open WHERE number = ANY(sent);
    DELETE FROM intake.results WHERE number = ANY(sent);
    DELETE FROM intake.declarations WHERE number = ANY(sent);
    DELETE FROM intake.chains WHERE order_key = ANY(keys);
    INSERT INTO intake.chains
    SELECT DISTINCT ON (order_key) order_key, number FROM intake.open WHERE order_key = ANY(keys)
    ORDER BY order_key, received_at DESC;

    DELETE FROM access.sandbox_clock WHERE organization = resetter;
    RETURN cardinality(sent);
END $$;

-- migrate:down
CREATE OR REPLACE FUNCTION access.reset_sandbox(resetter text) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    sent bigint[]; keys text[]; touched bigint[]; told uuid[]; asked uuid[]; letters uuid[];
BEGIN
    PERFORM access.require_test();
    LOCK TABLE intake.chains IN SHARE ROW EXCLUSIVE MODE;  -- no declaration follows one that is deleted
    SELECT coalesce(array_agg(number), '{}'), coalesce(array_agg(DISTINCT order_key), '{}') INTO sent, keys
    FROM intake.declarations WHERE organization = resetter;
    IF EXISTS (
        SELECT FROM intake.open o WHERE o.number = ANY(sent)
          AND NOT EXISTS (SELECT FROM personnel_file.waiting w WHERE w.declaration_id = o.number)
          AND NOT EXISTS (
            SELECT FROM identification.cases c WHERE c.declaration_id = o.number AND c.state = 'open')
    ) OR EXISTS (
        SELECT FROM intake.results r WHERE r.number = ANY(sent) AND r.recorded_at > platform.now() - interval '2 seconds'
    ) THEN
        RETURN NULL;
    END IF;

    DELETE FROM personnel_file.waiting WHERE declaration_id = ANY(sent);
    DELETE FROM identification.case_history WHERE declaration_id = ANY(sent);
    DELETE FROM identification.cases WHERE declaration_id = ANY(sent);

    UPDATE personnel_file.account_days a SET periods = a.periods - g.gone
    FROM (
        SELECT p.quota_account AS account, p.start_date + n AS day, count(*)::int AS gone
        FROM personnel_file.periods p
        CROSS JOIN LATERAL generate_series(0, CASE
            WHEN p.end_hour IS NOT NULL AND p.end_date = p.start_date + 1 THEN 0
            ELSE coalesce(p.end_date, p.start_date) - p.start_date END) AS n
        WHERE p.quota_account IS NOT NULL AND NOT p.canceled AND p.period_id = ANY(sent) GROUP BY 1, 2) AS g
    WHERE a.account = g.account AND a.day = g.day;
    DELETE FROM personnel_file.daily_registrations WHERE period_id = ANY(sent) OR registration_id = ANY(sent);
    DELETE FROM personnel_file.locks WHERE period_id = ANY(sent);
    DELETE FROM personnel_file.history WHERE period_id = ANY(sent);
    SELECT coalesce(array_agg(DISTINCT r.relation_id), '{}') INTO touched
    FROM personnel_file.relations r JOIN personnel_file.periods p USING (employer, ssin) WHERE p.period_id = ANY(sent);
    DELETE FROM personnel_file.periods WHERE period_id = ANY(sent);
    -- A relation in which others have periods stays.
    SELECT coalesce(array_agg(r.relation_id), '{}') INTO touched
    FROM personnel_file.relations r WHERE r.relation_id = ANY(touched) AND NOT EXISTS (
        SELECT FROM personnel_file.periods p WHERE p.employer = r.employer AND p.ssin = r.ssin);
    DELETE FROM personnel_file.history h USING personnel_file.relations r
    WHERE r.relation_id = ANY(touched) AND h.employer = r.employer AND h.ssin = r.ssin;
    DELETE FROM personnel_file.relations WHERE relation_id = ANY(touched);
    DELETE FROM personnel_file.late WHERE declaration_id = ANY(sent);
    DELETE FROM personnel_file.discards WHERE declaration_id = ANY(sent);
    DELETE FROM personnel_file.settlements WHERE declaration_id = ANY(sent);

    SELECT coalesce(array_agg(notification_id), '{}') INTO told
    FROM notifier.notifications WHERE declaration_id = ANY(sent);
    SELECT coalesce(array_agg(case_id), '{}') INTO asked FROM contact.cases WHERE notification_id = ANY(told);
    DELETE FROM contact.decisions WHERE case_id = ANY(asked);
    DELETE FROM contact.history WHERE case_id = ANY(asked);
    DELETE FROM contact.cases WHERE case_id = ANY(asked);
    DELETE FROM contact.notifications WHERE notification_id = ANY(told);
    SELECT coalesce(array_agg(message_id), '{}') INTO letters FROM notifier.messages WHERE declaration_id = ANY(sent);
    DELETE FROM notifier.readings WHERE message_id = ANY(letters);
    DELETE FROM notifier.labels WHERE message_id = ANY(letters);
    DELETE FROM notifier.attention WHERE message_id = ANY(letters);
    DELETE FROM notifier.announcements WHERE message_id = ANY(letters);
    DELETE FROM notifier.ebox_events WHERE message_id = ANY(letters);
    DELETE FROM notifier.print_jobs WHERE message_id = ANY(letters);
    DELETE FROM notifier.messages WHERE message_id = ANY(letters);
    DELETE FROM notifier.dispatches WHERE declaration_id = ANY(sent);
    DELETE FROM notifier.notifications WHERE notification_id = ANY(told);

    DELETE FROM intake.problems p USING access.client c
    WHERE c.client_id = p.client_id AND c.organization = resetter;
    DELETE FROM intake.commands p USING access.client c
    WHERE c.client_id = p.client_id AND c.organization = resetter;
    DELETE FROM intake.open WHERE number = ANY(sent);
    DELETE FROM intake.results WHERE number = ANY(sent);
    DELETE FROM intake.declarations WHERE number = ANY(sent);
    DELETE FROM intake.chains WHERE order_key = ANY(keys);
    INSERT INTO intake.chains
    SELECT DISTINCT ON (order_key) order_key, number FROM intake.open WHERE order_key = ANY(keys)
    ORDER BY order_key, received_at DESC;

    DELETE FROM access.sandbox_clock WHERE organization = resetter;
    RETURN cardinality(sent);
END $$;
