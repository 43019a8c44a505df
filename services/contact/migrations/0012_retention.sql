-- migrate:up
-- The table `reports` comes with a later file; functions look tables up when they run.
-- Removal of rows whose term is over (ADR 31).
SELECT platform.create_removal('contact', 'refusals', 'seq', 't.refused_at');
SELECT platform.create_removal('contact', 'readings', 'seq', 't.read_at', 't.ssin');

-- A notification can be removed once nothing can be contested any more and no case refers to it.
SELECT platform.create_removal('contact', 'notifications', 'notification_id',
    'CASE WHEN NOT EXISTS (SELECT FROM contact.cases c WHERE c.notification_id = t.notification_id) '
    'THEN CASE t.result WHEN ''S'' THEN t.available_at ELSE t.final_at END END', 't.ssin');

-- A person sees each reading of a case also after the case was removed (ADR 36): its readings then name the person,
-- which the case did before.
CREATE FUNCTION contact.remove_cases(before timestamptz, most int, INOUT place text, OUT keys text[])
LANGUAGE plpgsql AS $$
DECLARE
    ended uuid[];
BEGIN
    SELECT array_agg(c.case_id) INTO ended FROM (
        SELECT c.case_id FROM contact.cases c LEFT JOIN contact.notifications n USING (notification_id)
            LEFT JOIN contact.reports r ON r.case_id = c.case_id
        WHERE c.ended_at < before AND NOT platform.is_person_held(concat_ws(' ', n.ssin, r.ssin))
        ORDER BY c.ended_at LIMIT most FOR UPDATE OF c SKIP LOCKED) AS c;
    UPDATE contact.readings d SET ssin = coalesce(n.ssin, r.ssin)
    FROM contact.cases c LEFT JOIN contact.notifications n USING (notification_id)
        LEFT JOIN contact.reports r ON r.case_id = c.case_id
    WHERE c.case_id = ANY(ended) AND d.case_id = c.case_id AND d.ssin IS NULL AND d.found > 0;
    WITH reported AS (DELETE FROM contact.reports WHERE case_id = ANY(ended) RETURNING 'reports ' || case_id),
    done AS (DELETE FROM contact.history WHERE case_id = ANY(ended) RETURNING 'history ' || seq),
    decided AS (DELETE FROM contact.decisions WHERE case_id = ANY(ended) RETURNING 'decisions ' || decision_number),
    written AS (DELETE FROM contact.letters WHERE case_id = ANY(ended) RETURNING 'letters ' || letter_id)
    SELECT array_agg(k) INTO keys FROM (
        SELECT * FROM reported UNION ALL SELECT * FROM done UNION ALL SELECT * FROM decided UNION ALL SELECT * FROM written) AS g (k);
    WITH complained AS (
        DELETE FROM contact.complainants WHERE case_id = ANY(ended) RETURNING 'complainants ' || case_id AS k)
    SELECT keys || array_agg(k) INTO keys FROM complained;
    DELETE FROM contact.cases WHERE case_id = ANY(ended);
    keys := keys || array(SELECT 'cases ' || e FROM unnest(ended) AS e);
END $$;
COMMENT ON FUNCTION contact.remove_cases IS 'Removes ended cases with all that belongs to them; returns the removed rows.';
REVOKE ALL ON FUNCTION contact.remove_refusals, contact.remove_readings, contact.remove_notifications,
    contact.remove_cases FROM PUBLIC;

-- migrate:down
DROP FUNCTION contact.remove_refusals, contact.remove_readings, contact.remove_notifications, contact.remove_cases;
