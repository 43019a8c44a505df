-- migrate:up

-- The sandbox (ADR 27): outcomes that the rules cannot produce by themselves, and operations of its organizations.
-- A database that is not marked as test refuses all of it (decision D24).
CREATE FUNCTION access.require_test() RETURNS void LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT (SELECT is_test FROM platform.clock) THEN
        RAISE EXCEPTION 'this database has no sandbox' USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;

CREATE FUNCTION access.refuse_outside_sandbox() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM access.require_test();
    RETURN NEW;
END $$;

CREATE TABLE access.rehearsal (
    worker text PRIMARY KEY CHECK (worker <> ''),
    seconds int NOT NULL CHECK (seconds BETWEEN 1 AND 3600),
    found_as text
);
COMMENT ON TABLE access.rehearsal IS 'Identifications of test workers that end by themselves.';
COMMENT ON COLUMN access.rehearsal.worker IS 'The declared NISS; without one the family name in capitals.';
COMMENT ON COLUMN access.rehearsal.found_as IS 'The NISS of the worker that is found; null for none (90017-151).';

CREATE TABLE access.interruption (ssin text PRIMARY KEY);
COMMENT ON TABLE access.interruption IS 'Test workers of declarations that get a 503 the first time.';

CREATE TABLE access.sandbox_clock (
    organization access.enterprise_number PRIMARY KEY REFERENCES access.organization,
    moved_by interval NOT NULL CHECK (moved_by >= '0' AND moved_by <= '400 days')
);
COMMENT ON TABLE access.sandbox_clock IS 'How far the receptions of an organization lie ahead of the clock.';

CREATE TRIGGER refuse_outside_sandbox BEFORE INSERT OR UPDATE ON access.rehearsal
    FOR EACH ROW EXECUTE FUNCTION access.refuse_outside_sandbox();
CREATE TRIGGER refuse_outside_sandbox BEFORE INSERT OR UPDATE ON access.interruption
    FOR EACH ROW EXECUTE FUNCTION access.refuse_outside_sandbox();
CREATE TRIGGER refuse_outside_sandbox BEFORE INSERT OR UPDATE ON access.sandbox_clock
    FOR EACH ROW EXECUTE FUNCTION access.refuse_outside_sandbox();

-- Open identifications come so much nearer to their deadline.
CREATE FUNCTION access.move_sandbox_clock(mover text, ahead interval) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    before interval := coalesce((SELECT moved_by FROM access.sandbox_clock WHERE organization = mover), '0');
BEGIN
    PERFORM access.require_test();
    IF ahead < before THEN
        RETURN false;
    END IF;
    INSERT INTO access.sandbox_clock VALUES (mover, ahead)
    ON CONFLICT (organization) DO UPDATE SET moved_by = excluded.moved_by;
    UPDATE identification.cases c SET deadline = c.deadline - (ahead - before)
    FROM intake.declarations d
    WHERE d.number = c.declaration_id AND d.organization = mover AND c.state = 'open';
    RETURN true;
END $$;
COMMENT ON FUNCTION access.move_sandbox_clock IS 'Return false for a clock that would go back.';

-- The declarations that an organization has sent, and all that came of them.
CREATE FUNCTION access.reset_sandbox(resetter text) RETURNS int
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
COMMENT ON FUNCTION access.reset_sandbox IS
    'Return the number of declarations, or null while one of them has no result yet.';

REVOKE ALL ON FUNCTION access.move_sandbox_clock, access.reset_sandbox FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access.move_sandbox_clock, access.reset_sandbox TO dimona_access;
GRANT SELECT ON access.sandbox_clock TO dimona_access, dimona_intake;
GRANT SELECT ON access.interruption TO dimona_intake;
GRANT USAGE ON SCHEMA access TO dimona_identification;
GRANT SELECT ON access.rehearsal TO dimona_identification;

-- migrate:down
REVOKE USAGE ON SCHEMA access FROM dimona_identification;
DROP FUNCTION access.reset_sandbox, access.move_sandbox_clock;
DROP TABLE access.sandbox_clock, access.interruption, access.rehearsal;
DROP FUNCTION access.refuse_outside_sandbox, access.require_test;
