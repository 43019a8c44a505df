-- migrate:up
-- Removal of ended cases whose term is over, with their history (ADR 31).
CREATE INDEX cases_by_end ON identification.cases (closed_at) WHERE closed_at IS NOT NULL;

CREATE FUNCTION identification.remove_cases(before timestamptz, most int, INOUT place text, OUT keys text[])
LANGUAGE plpgsql AS $$
DECLARE
    looked bigint[]; ended bigint[];
BEGIN
    SELECT array_agg(c.declaration_id), max(c.closed_at)::text INTO looked, place FROM (
        SELECT declaration_id, closed_at FROM identification.cases
        WHERE closed_at > coalesce(nullif(place, '')::timestamptz, '-infinity') AND closed_at < before
        ORDER BY closed_at FETCH FIRST (most) ROWS WITH TIES) AS c;
    IF coalesce(cardinality(looked), 0) < most THEN
        place := '';
    END IF;
    SELECT array_agg(c.declaration_id) INTO ended FROM (
        SELECT declaration_id FROM identification.cases
        WHERE declaration_id = ANY(looked) AND NOT platform.is_person_held(concat_ws(' ', ssin, declaration))
        FOR UPDATE SKIP LOCKED) AS c;
    WITH told AS (DELETE FROM identification.case_history WHERE declaration_id = ANY(ended) RETURNING 'case_history ' || id)
    SELECT array_agg(k) INTO keys FROM told AS g (k);
    DELETE FROM identification.cases WHERE declaration_id = ANY(ended);
    keys := keys || array(SELECT 'cases ' || e FROM unnest(ended) AS e);
END $$;
COMMENT ON FUNCTION identification.remove_cases IS 'Removes ended cases with their history; returns the removed rows.';
REVOKE ALL ON FUNCTION identification.remove_cases FROM PUBLIC;
GRANT EXECUTE ON FUNCTION platform.remove_expired TO dimona_identification;

-- migrate:down
REVOKE EXECUTE ON FUNCTION platform.remove_expired FROM dimona_identification;
DROP FUNCTION identification.remove_cases;
DROP INDEX identification.cases_by_end;
