-- migrate:up
-- Removal of rows whose term is over (ADR 31).
SELECT platform.create_removal('intake', 'denials', 'seq', 't.denied_at');
SELECT platform.create_removal('intake', 'organization_days', 'day', 't.day', key => 't.day || '' '' || t.organization');

-- A declaration is removed after its final result, once its period is no longer in the personnel file: changes refer to the
-- declaration of the period. Its command and its chain stay, so that a repeat has no effect and the order stays known.
CREATE FUNCTION intake.remove_declarations(before timestamptz, most int, INOUT place text, OUT keys text[])
LANGUAGE plpgsql AS $$
DECLARE
    since timestamptz; looked bigint[]; ended bigint[];
BEGIN
    since := coalesce(nullif(place, '')::timestamptz, '-infinity');
    -- All declarations of one instant are looked at together, so that the instant alone is the place.
    SELECT array_agg(d.number), max(d.received_at)::text INTO looked, place FROM (
        SELECT number, received_at FROM intake.declarations
        WHERE received_at > since AND received_at < before ORDER BY received_at
        FETCH FIRST (most) ROWS WITH TIES) AS d;
    IF coalesce(cardinality(looked), 0) < most THEN
        place := '';
    END IF;
    SELECT array_agg(d.number) INTO ended
    FROM intake.declarations d JOIN intake.results r ON r.number = d.number AND r.final AND r.recorded_at < before
    WHERE d.number = ANY(looked)
        AND NOT EXISTS (SELECT FROM intake.open o WHERE o.number = d.number)
        AND NOT EXISTS (SELECT FROM personnel_file.periods p WHERE p.period_id = d.number)
        AND NOT EXISTS (SELECT FROM personnel_file.daily_registrations g WHERE g.registration_id = d.number)
        AND NOT EXISTS (SELECT FROM personnel_file.settlements s JOIN personnel_file.periods p USING (period_id)
                        WHERE s.declaration_id = d.number)
        AND NOT EXISTS (SELECT FROM intake.phone_results f WHERE f.number = d.number AND f.state = 'pending')
        AND NOT platform.is_person_held(concat_ws(' ', d.ssin, d.declared, r.answer));
    WITH answered AS (DELETE FROM intake.results WHERE number = ANY(ended) RETURNING 'results ' || number || ' ' || final AS k),
    sent AS (DELETE FROM intake.phone_results WHERE number = ANY(ended) RETURNING 'phone_results ' || number)
    SELECT array_agg(k) INTO keys FROM (SELECT k FROM answered UNION ALL SELECT * FROM sent) AS g (k);
    WITH declared AS (DELETE FROM intake.declarations WHERE number = ANY(ended) RETURNING 'declarations ' || number AS k)
    SELECT keys || array_agg(k) INTO keys FROM declared;
END $$;
COMMENT ON FUNCTION intake.remove_declarations IS
    'Removes declarations that are final and have no period any more; returns the removed rows.';
REVOKE ALL ON FUNCTION intake.remove_denials, intake.remove_organization_days, intake.remove_declarations FROM PUBLIC;

-- migrate:down
DROP FUNCTION intake.remove_denials, intake.remove_organization_days, intake.remove_declarations;
