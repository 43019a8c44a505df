-- migrate:up
-- Requests of persons about their own data (ADR 36).
CREATE TABLE contact.person_looks (
    look_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    looked_at timestamptz NOT NULL,
    looker text NOT NULL,
    client_id text NOT NULL,
    operation text NOT NULL,
    worker text NOT NULL,
    reason text CHECK (reason IN ('request', 'deceased', 'report', 'inquiry')),
    words text,
    shown_from date,
    found int NOT NULL,
    CHECK ((reason IS NULL) = (words IS NULL)),
    CHECK (shown_from IS NULL OR reason = 'inquiry')
);
COMMENT ON TABLE contact.person_looks IS
    'Each look at all data of a person, in the transaction that answers: of the person, or of an agent with a reason.';
COMMENT ON COLUMN contact.person_looks.looker IS 'User id of the person, or of the agent.';
COMMENT ON COLUMN contact.person_looks.worker IS 'Keyed code of the NISS in force, as in the consultations.';
COMMENT ON COLUMN contact.person_looks.reason IS 'Null: the person looked at the own data.';
COMMENT ON COLUMN contact.person_looks.shown_from IS
    'The day from which the person sees the look of a covert inquiry; null: at once.';
CREATE INDEX ON contact.person_looks (worker, looked_at);
CREATE INDEX readings_of_worker ON contact.readings (ssin, read_at) WHERE ssin IS NOT NULL;
CREATE INDEX readings_of_case ON contact.readings (case_id, read_at) WHERE case_id IS NOT NULL;

-- Errors in the own data that persons report (ADR 36).
ALTER TABLE contact.cases DROP CONSTRAINT cases_kind_check;
ALTER TABLE contact.cases ADD CONSTRAINT cases_kind_check
    CHECK (kind IN ('contestation', 'complaint', 'privacy', 'report'));

CREATE TABLE contact.reports (
    case_id uuid PRIMARY KEY REFERENCES contact.cases,
    ssin text NOT NULL,
    period_id bigint,
    delay_told_at timestamptz
);
COMMENT ON TABLE contact.reports IS 'The person and the period of each reported error; the text is in its case.';
COMMENT ON COLUMN contact.reports.ssin IS 'The NISS in force when it was reported.';
COMMENT ON COLUMN contact.reports.period_id IS 'The period with the error; null for other data.';
COMMENT ON COLUMN contact.reports.delay_told_at IS
    'When the day of the answer came without an answer; the person then sees a later day.';
CREATE INDEX ON contact.reports (ssin);
CREATE INDEX reports_due ON contact.cases (due_on) WHERE state = 'open' AND kind = 'report';

GRANT SELECT, INSERT ON contact.reports TO dimona_contact;
GRANT UPDATE (delay_told_at) ON contact.reports TO dimona_contact;

CREATE FUNCTION contact.declarations_of_person(ssins text[]) RETURNS SETOF bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT declaration_id FROM contact.notifications WHERE ssin = ANY(ssins)
$$;

CREATE FUNCTION contact.data_of_person(ssins text[], declarations bigint[], employers text[])
RETURNS TABLE (place text, item jsonb)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'contact.notifications', jsonb_build_object('notificationId', n.notification_id,
        'number', n.declaration_id, 'employer', n.employer, 'addressee', n.addressee, 'result', n.result,
        'ssin', n.ssin, 'availableAt', n.available_at, 'deadline', n.deadline, 'finalAt', n.final_at)
    FROM contact.notifications n WHERE n.ssin = ANY(ssins)
    UNION ALL SELECT 'contact.cases', jsonb_build_object('caseId', c.case_id, 'kind', c.kind, 'state', c.state,
        'enterpriseNumber', c.enterprise_number, 'said', c.said, 'openedAt', c.opened_at, 'dueOn', c.due_on,
        'answer', c.answer, 'endedAt', c.ended_at)
    FROM contact.notifications n JOIN contact.cases c USING (notification_id) WHERE n.ssin = ANY(ssins)
    UNION ALL SELECT 'contact.reports', jsonb_build_object('caseId', c.case_id, 'ssin', r.ssin,
        'periodId', r.period_id, 'state', c.state, 'said', c.said, 'openedAt', c.opened_at, 'dueOn', c.due_on,
        'answer', c.answer, 'endedAt', c.ended_at)
    FROM contact.reports r JOIN contact.cases c USING (case_id) WHERE r.ssin = ANY(ssins)
    UNION ALL SELECT 'contact.readings', jsonb_build_object('readAt', r.read_at, 'operation', r.what, 'ssin', r.ssin)
    FROM contact.readings r WHERE r.ssin = ANY(ssins)
$$;
COMMENT ON FUNCTION contact.data_of_person IS 'Each row about a person: the name of its table, and the row as JSON.';

CREATE FUNCTION contact.looks_at_person(ssins text[], codes text[], before timestamptz, most int)
RETURNS TABLE (place text, looked_at timestamptz, reader text, organization text, operation text, subject jsonb)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    (SELECT 'contact.person_looks', l.looked_at, l.looker, NULL::text, l.operation,
        jsonb_strip_nulls(jsonb_build_object('reason', l.reason, 'words', l.words))
    FROM contact.person_looks l
    WHERE l.worker = ANY(codes) AND l.looked_at < before
        AND coalesce(l.shown_from, '-infinity') <= (platform.now() AT TIME ZONE 'Europe/Brussels')::date
    ORDER BY l.looked_at DESC FETCH FIRST most ROWS WITH TIES)
    UNION ALL
    (SELECT 'contact.readings', r.read_at, r.agent, NULL::text, r.what,
        jsonb_strip_nulls(jsonb_build_object('words', r.reason))
    FROM contact.readings r WHERE r.ssin = ANY(ssins) AND r.read_at < before
    ORDER BY r.read_at DESC FETCH FIRST most ROWS WITH TIES)
    UNION ALL
    (SELECT 'contact.readings', r.read_at, r.agent, NULL::text, r.what, jsonb_build_object('caseId', r.case_id)
    FROM (SELECT c.case_id FROM contact.notifications n JOIN contact.cases c USING (notification_id)
            WHERE n.ssin = ANY(ssins)
          UNION ALL SELECT p.case_id FROM contact.reports p WHERE p.ssin = ANY(ssins)) AS mine
    JOIN contact.readings r USING (case_id)
    WHERE r.read_at < before AND r.found > 0
    ORDER BY r.read_at DESC FETCH FIRST most ROWS WITH TIES)
$$;
COMMENT ON FUNCTION contact.looks_at_person IS
    'The newest looks before an instant: at all data, a search of an agent for the NISS, and readings of cases.';
GRANT SELECT, INSERT ON contact.person_looks TO dimona_contact;

-- migrate:down
DROP FUNCTION contact.looks_at_person, contact.data_of_person, contact.declarations_of_person;
DROP INDEX contact.readings_of_case, contact.readings_of_worker;
DROP TABLE contact.person_looks;
DROP INDEX contact.reports_due;
DROP TABLE contact.reports;
ALTER TABLE contact.cases DROP CONSTRAINT cases_kind_check;
ALTER TABLE contact.cases ADD CONSTRAINT cases_kind_check CHECK (kind IN ('contestation', 'complaint', 'privacy'));
