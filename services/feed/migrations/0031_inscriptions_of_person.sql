-- migrate:up
-- The inscriptions of a person at institutions, for contact (ADR 36).
CREATE FUNCTION feed.data_of_person(ssins text[], declarations bigint[], employers text[])
RETURNS TABLE (place text, item jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'feed.inscriptions', jsonb_build_object('institution', i.institution_id, 'ssin', i.ssin,
        'capacity', i.capacity, 'beginsOn', i.begins_on, 'endsOn', i.ends_on)
    FROM feed.inscriptions i WHERE i.ssin = ANY(ssins::char(11)[])
$$;
COMMENT ON FUNCTION feed.data_of_person IS 'Each row about a person: the name of its table, and the row as JSON.';
REVOKE ALL ON FUNCTION feed.data_of_person FROM PUBLIC;
GRANT EXECUTE ON FUNCTION feed.data_of_person TO dimona_contact;

-- migrate:down
DROP FUNCTION feed.data_of_person;
