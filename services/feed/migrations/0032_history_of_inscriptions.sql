-- migrate:up
-- Every change of an inscription stays, because an inscription opens the events of a worker to an institution (ADR 34).
-- The table itself writes it, in the transaction of the change; the role of the service can change and delete no row.
CREATE TABLE feed.inscription_history (
    place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    institution_id text NOT NULL,
    reference text NOT NULL,
    ssin char(11) NOT NULL,
    capacity text NOT NULL,
    begins_on date NOT NULL,
    ends_on date,
    change text NOT NULL CHECK (change IN ('added', 'changed', 'deleted')),
    changed_at timestamptz NOT NULL DEFAULT platform.now()
);
COMMENT ON TABLE feed.inscription_history IS
    'Each added, changed (with its new values) and deleted inscription. Append-only; the first rows are those of the migration.';
CREATE INDEX ON feed.inscription_history (ssin);
CREATE INDEX ON feed.inscription_history (institution_id, reference, place);

CREATE TABLE feed.inscription_counts (
    institution_id text PRIMARY KEY,
    inscriptions bigint NOT NULL
);
COMMENT ON TABLE feed.inscription_counts IS 'The number of inscriptions of each institution, which is limited.';

INSERT INTO feed.inscription_history (institution_id, reference, ssin, capacity, begins_on, ends_on, change)
SELECT institution_id, reference, ssin, capacity, begins_on, ends_on, 'added' FROM feed.inscriptions
ORDER BY institution_id, reference;
INSERT INTO feed.inscription_counts SELECT institution_id, count(*) FROM feed.inscriptions GROUP BY institution_id;

-- Runs once for each statement. Its argument is the kind of change.
CREATE FUNCTION feed.remember_inscriptions() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = feed, platform, pg_temp AS $$
BEGIN
    INSERT INTO inscription_history (institution_id, reference, ssin, capacity, begins_on, ends_on, change)
    SELECT r.institution_id, r.reference, r.ssin, r.capacity, r.begins_on, r.ends_on, TG_ARGV[0] FROM touched r;
    IF TG_OP <> 'UPDATE' THEN
        INSERT INTO inscription_counts AS c (institution_id, inscriptions)
        SELECT r.institution_id, CASE TG_OP WHEN 'INSERT' THEN count(*) ELSE -count(*) END
        FROM touched r GROUP BY r.institution_id ORDER BY r.institution_id
        ON CONFLICT (institution_id) DO UPDATE SET inscriptions = c.inscriptions + excluded.inscriptions;
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION feed.remember_inscriptions IS 'Writes changes of inscriptions into their history, and counts them.';
REVOKE ALL ON FUNCTION feed.remember_inscriptions FROM PUBLIC;
CREATE TRIGGER added AFTER INSERT ON feed.inscriptions
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION feed.remember_inscriptions('added');
CREATE TRIGGER changed AFTER UPDATE ON feed.inscriptions
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION feed.remember_inscriptions('changed');
CREATE TRIGGER deleted AFTER DELETE ON feed.inscriptions
    REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION feed.remember_inscriptions('deleted');
GRANT SELECT ON feed.inscription_counts TO dimona_feed;

-- The inscriptions of a person at institutions, for contact (ADR 36).
CREATE FUNCTION feed.data_of_person(ssins text[], declarations bigint[], employers text[])
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
COMMENT ON FUNCTION feed.data_of_person IS 'Each row about a person: the name of its table, and the row as JSON.';
REVOKE ALL ON FUNCTION feed.data_of_person FROM PUBLIC;
GRANT EXECUTE ON FUNCTION feed.data_of_person TO dimona_contact;


-- migrate:down
DROP FUNCTION feed.data_of_person;
DROP TRIGGER added ON feed.inscriptions;
DROP TRIGGER changed ON feed.inscriptions;
DROP TRIGGER deleted ON feed.inscriptions;
DROP FUNCTION feed.remember_inscriptions;
DROP TABLE feed.inscription_history, feed.inscription_counts;
