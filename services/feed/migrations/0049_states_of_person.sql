-- migrate:up
-- The states that are due to institutions are data of the person too (ADR 36).
CREATE OR REPLACE FUNCTION feed.data_of_person(ssins text[], declarations bigint[], employers text[])
RETURNS TABLE (place text, item jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'feed.inscriptions', jsonb_build_object('institution', i.institution_id, 'ssin', i.ssin,
        'capacity', i.capacity, 'beginsOn', i.begins_on, 'endsOn', i.ends_on)
    FROM feed.inscriptions i WHERE i.ssin = ANY(ssins::char(11)[])
    UNION ALL SELECT 'feed.inscription_history', jsonb_build_object('institution', h.institution_id, 'ssin', h.ssin,
        'capacity', h.capacity, 'beginsOn', h.begins_on, 'endsOn', h.ends_on, 'change', h.change,
        'changedAt', h.changed_at)
    FROM feed.inscription_history h WHERE h.ssin = ANY(ssins::char(11)[])
    UNION ALL SELECT 'feed.states_due', jsonb_build_object('institution', d.institution_id, 'ssin', d.ssin,
        'dueOn', d.due_on)
    FROM feed.inscription_counts c JOIN feed.states_due d USING (institution_id) WHERE d.ssin = ANY(ssins::char(11)[])
$$;

-- A repeat of a page has events of before, so it tells nothing new.
CREATE FUNCTION feed.recipients_of_person(codes text[], since timestamptz)
RETURNS TABLE (institution text, told_at timestamptz, told_before timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT d.institution_id, max(d.disclosed_at) FILTER (WHERE d.disclosed_at >= since),
        max(d.disclosed_at) FILTER (WHERE d.disclosed_at < since)
    FROM feed.disclosures d WHERE d.workers && codes AND d.way IN ('push', 'pull', 'state', 'snapshot')
    GROUP BY 1 ORDER BY 1
$$;
COMMENT ON FUNCTION feed.recipients_of_person IS
    'The institutions that got events about a worker: the last time since an instant, and the last time before it.';

CREATE FUNCTION feed.looks_of_reader(reader text, since timestamptz, before timestamptz, most int)
RETURNS TABLE (place text, looked_at timestamptz, reader_id text, organization text, operation text, subject jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'feed.disclosures', d.disclosed_at, d.institution_id, NULL::text, d.way,
        jsonb_build_object('institution', d.institution_id, 'events', cardinality(d.events),
            'workers', cardinality(d.workers))
    FROM feed.disclosures d
    WHERE d.institution_id = looks_of_reader.reader AND d.disclosed_at >= since AND d.disclosed_at < before
    ORDER BY d.disclosed_at DESC FETCH FIRST most ROWS WITH TIES
$$;
COMMENT ON FUNCTION feed.looks_of_reader IS 'The newest disclosures to an institution in a period.';
REVOKE ALL ON FUNCTION feed.recipients_of_person, feed.looks_of_reader FROM PUBLIC;
GRANT EXECUTE ON FUNCTION feed.recipients_of_person, feed.looks_of_reader TO dimona_contact;

-- migrate:down
DROP FUNCTION feed.looks_of_reader, feed.recipients_of_person;
CREATE OR REPLACE FUNCTION feed.data_of_person(ssins text[], declarations bigint[], employers text[])
RETURNS TABLE (place text, item jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'feed.inscriptions', jsonb_build_object('institution', i.institution_id, 'ssin', i.ssin,
        'capacity', i.capacity, 'beginsOn', i.begins_on, 'endsOn', i.ends_on)
    FROM feed.inscriptions i WHERE i.ssin = ANY(ssins::char(11)[])
    UNION ALL SELECT 'feed.inscription_history', jsonb_build_object('institution', h.institution_id, 'ssin', h.ssin,
        'capacity', h.capacity, 'beginsOn', h.begins_on, 'endsOn', h.ends_on, 'change', h.change,
        'changedAt', h.changed_at)
    FROM feed.inscription_history h WHERE h.ssin = ANY(ssins::char(11)[])
$$;
