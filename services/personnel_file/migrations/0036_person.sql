-- migrate:up
-- What the personnel file holds about a person, and each look at it, for contact (ADR 36).
CREATE INDEX consultations_of_worker ON personnel_file.consultations (worker, read_at) WHERE worker IS NOT NULL;
CREATE INDEX consultations_of_relations ON personnel_file.consultations USING gin (relations);

CREATE FUNCTION personnel_file.declarations_of_person(ssins text[]) RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT DISTINCT h.declaration_id
    FROM personnel_file.relations r JOIN personnel_file.history h ON h.employer = r.employer AND h.ssin = r.ssin
    WHERE r.ssin = ANY(ssins::char(11)[]) AND h.declaration_id IS NOT NULL
$$;
COMMENT ON FUNCTION personnel_file.declarations_of_person IS 'Declarations that changed a relation of the person.';

CREATE FUNCTION personnel_file.employers_of_person(ssins text[]) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT DISTINCT employer FROM personnel_file.relations WHERE ssin = ANY(ssins::char(11)[])
$$;
COMMENT ON FUNCTION personnel_file.employers_of_person IS 'Enterprise numbers of the employers with a relation.';

CREATE FUNCTION personnel_file.data_of_person(ssins text[], declarations bigint[], employers text[])
RETURNS TABLE (place text, item jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH mine AS (SELECT * FROM personnel_file.periods WHERE ssin = ANY(ssins::char(11)[]))
    SELECT 'personnel_file.relations', jsonb_build_object('relationId', r.relation_id, 'employer', r.employer,
        'ssin', r.ssin, 'employerId', r.employer_id, 'startDate', r.start_date, 'endDate', r.end_date,
        'version', r.version, 'worker', r.worker::jsonb)
    FROM personnel_file.relations r WHERE r.ssin = ANY(ssins::char(11)[])
    UNION ALL SELECT 'personnel_file.periods', jsonb_build_object('periodId', p.period_id, 'employer', p.employer,
        'ssin', p.ssin, 'features', p.features::jsonb, 'startDate', p.start_date, 'endDate', p.end_date,
        'startHour', p.start_hour, 'endHour', p.end_hour, 'plannedHours', p.planned_hours,
        'plannedDays', p.planned_days, 'isCanceled', p.canceled, 'isLocked', p.locked, 'isLate', p.late,
        'isCounted', p.counted, 'isQuotaExceeded', p.quota_exceeded, 'receivedOn', p.received_on)
    FROM mine p
    UNION ALL SELECT 'personnel_file.daily_registrations', jsonb_build_object('registrationId', d.registration_id,
        'periodId', d.period_id, 'startDate', d.start_date, 'endDate', d.end_date, 'startHour', d.start_hour,
        'endHour', d.end_hour, 'isCanceled', d.canceled)
    FROM personnel_file.daily_registrations d JOIN mine USING (period_id)
    UNION ALL SELECT 'personnel_file.locks', jsonb_build_object('periodId', l.period_id, 'isLocked', l.locked,
        'setAt', l.set_at)
    FROM personnel_file.locks l JOIN mine USING (period_id)
    UNION ALL SELECT 'personnel_file.history', jsonb_build_object('employer', h.employer, 'ssin', h.ssin,
        'version', h.version, 'number', h.declaration_id, 'recordedAt', h.recorded_at, 'event', h.event::jsonb)
    FROM personnel_file.relations r JOIN personnel_file.history h ON h.employer = r.employer AND h.ssin = r.ssin
    WHERE r.ssin = ANY(ssins::char(11)[])
    UNION ALL SELECT 'personnel_file.settlements', jsonb_build_object('number', s.declaration_id, 'result', s.result,
        'periodId', s.period_id, 'settledAt', s.settled_at)
    FROM personnel_file.settlements s WHERE s.declaration_id = ANY(declarations)
    UNION ALL SELECT 'personnel_file.late', jsonb_build_object('number', l.declaration_id, 'rule', l.rule,
        'employer', l.employer, 'ssin', l.ssin, 'periodId', l.period_id, 'dueAt', l.due_at,
        'receivedAt', l.received_at, 'bearsOn', l.bears_on)
    FROM personnel_file.late l WHERE l.declaration_id = ANY(declarations)
    UNION ALL SELECT 'personnel_file.waiting', jsonb_build_object('number', w.declaration_id, 'since', w.since,
        'message', w.message::jsonb)
    FROM personnel_file.waiting w WHERE w.declaration_id = ANY(declarations)
    UNION ALL SELECT 'personnel_file.omission_findings', jsonb_build_object('employer', f.employer, 'ssin', f.ssin,
        'day', f.day, 'startHour', f.start_hour, 'endHour', f.end_hour, 'status', f.status, 'foundBy', f.source,
        'foundAt', f.found_at)
    FROM personnel_file.omission_findings f WHERE f.ssin = ANY(ssins)
    UNION ALL SELECT 'personnel_file.omission_cases', jsonb_build_object('employer', o.employer, 'ssin', o.ssin,
        'quarter', o.quarter, 'openedAt', o.opened_at)
    FROM personnel_file.omission_cases o WHERE o.ssin = ANY(ssins)
    UNION ALL SELECT 'personnel_file.former_numbers', jsonb_build_object('ssin', n.ssin, 'inForce', n.in_force,
        'worker', n.worker::jsonb)
    FROM personnel_file.former_numbers n WHERE n.ssin = ANY(ssins) OR n.in_force = ANY(ssins)
$$;
COMMENT ON FUNCTION personnel_file.data_of_person IS
    'Each row about a person: the name of its table, and the row as JSON.';

CREATE FUNCTION personnel_file.looks_at_person(ssins text[], codes text[], before timestamptz, most int)
RETURNS TABLE (place text, looked_at timestamptz, reader text, organization text, operation text, subject jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH mine AS (
        SELECT array_agg(relation_id) AS ids FROM personnel_file.relations WHERE ssin = ANY(ssins::char(11)[])),
    seen AS (
        SELECT c.seq, c.read_at, c.reader, c.operation, c.employer, c.reason FROM personnel_file.consultations c
        WHERE c.worker = ANY(codes) AND c.read_at < before AND c.refused IS NULL
        UNION
        SELECT c.seq, c.read_at, c.reader, c.operation, c.employer, c.reason FROM personnel_file.consultations c, mine
        WHERE c.relations && mine.ids AND c.read_at < before AND c.refused IS NULL)
    (SELECT 'personnel_file.consultations', s.read_at, s.reader, NULL::text, s.operation,
        jsonb_build_object('employer', s.employer, 'words', s.reason)
    FROM seen s ORDER BY s.read_at DESC FETCH FIRST most ROWS WITH TIES)
    UNION ALL
    -- A list names no worker: it showed those whose late declarations its filter met.
    (SELECT 'personnel_file.late_readings', r.read_at, r.read_by, NULL::text, 'lateList',
        jsonb_build_object('employer', r.employer, 'words', r.reason)
    FROM personnel_file.late_readings r
    WHERE r.with_ssin AND r.read_at < before AND EXISTS (
        SELECT FROM personnel_file.late l
        JOIN personnel_file.relations e ON e.employer = l.employer AND e.ssin = ANY(ssins::char(11)[])
        WHERE l.ssin = ANY(ssins) AND (r.employer IS NULL OR r.employer = l.employer)
            AND l.received_at < r.read_at
            AND (r.first_day IS NULL OR (l.received_at AT TIME ZONE 'Europe/Brussels')::date >= r.first_day)
            AND (r.last_day IS NULL OR (l.received_at AT TIME ZONE 'Europe/Brussels')::date <= r.last_day))
    ORDER BY r.read_at DESC FETCH FIRST most ROWS WITH TIES)
    UNION ALL
    (SELECT 'personnel_file.omission_readings', o.read_at, o.reader, NULL::text, o.operation, '{}'::jsonb
    FROM personnel_file.omission_readings o
    WHERE o.cases && ARRAY(SELECT case_id FROM personnel_file.omission_cases WHERE ssin = ANY(ssins))
        AND o.read_at < before
    ORDER BY o.read_at DESC FETCH FIRST most ROWS WITH TIES)
$$;
COMMENT ON FUNCTION personnel_file.looks_at_person IS
    'The newest looks before an instant at a person: asked for by NISS (the keyed code), or shown in a list.';
CREATE FUNCTION personnel_file.is_locked_period_of_person(ssins text[], period bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT locked FROM personnel_file.periods WHERE period_id = period AND ssin = ANY(ssins::char(11)[])
$$;
COMMENT ON FUNCTION personnel_file.is_locked_period_of_person IS 'Null when it is no period of the person.';

CREATE FUNCTION personnel_file.changes_of_period(ssins text[], period bigint, since timestamptz)
RETURNS TABLE (recorded_at timestamptz, declaration_id bigint, event jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT h.recorded_at, h.declaration_id, h.event::jsonb FROM personnel_file.history h
    WHERE h.period_id = period AND h.recorded_at >= since
        AND EXISTS (SELECT FROM personnel_file.periods p
            WHERE p.period_id = period AND p.ssin = ANY(ssins::char(11)[]))
    ORDER BY h.recorded_at, h.version LIMIT 1000
$$;
COMMENT ON FUNCTION personnel_file.changes_of_period IS 'What changed a period of the person since an instant, in order.';
REVOKE ALL ON FUNCTION personnel_file.declarations_of_person, personnel_file.employers_of_person,
    personnel_file.data_of_person, personnel_file.looks_at_person, personnel_file.is_locked_period_of_person,
    personnel_file.changes_of_period FROM PUBLIC;
GRANT USAGE ON SCHEMA personnel_file TO dimona_contact;
GRANT EXECUTE ON FUNCTION personnel_file.declarations_of_person, personnel_file.employers_of_person,
    personnel_file.data_of_person, personnel_file.looks_at_person, personnel_file.is_locked_period_of_person,
    personnel_file.changes_of_period TO dimona_contact;

-- migrate:down
REVOKE USAGE ON SCHEMA personnel_file FROM dimona_contact;
DROP FUNCTION personnel_file.changes_of_period, personnel_file.is_locked_period_of_person;
DROP FUNCTION personnel_file.looks_at_person, personnel_file.data_of_person, personnel_file.employers_of_person,
    personnel_file.declarations_of_person;
DROP INDEX personnel_file.consultations_of_relations, personnel_file.consultations_of_worker;
