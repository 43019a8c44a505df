-- migrate:up
-- Terms after which rows are removed, holds that stop it, and the proof of each removal (ADR 31). A role of a service
-- deletes nothing itself: the functions below do, and only what a term allows.
CREATE TABLE platform.retention_terms (
    schema_name text NOT NULL,
    table_name text NOT NULL,
    keep interval NOT NULL CHECK (keep >= '0'),
    source text NOT NULL CHECK (source <> ''),
    set_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    place text NOT NULL DEFAULT '',
    PRIMARY KEY (schema_name, table_name)
);
COMMENT ON TABLE platform.retention_terms IS 'Tables of which rows are removed; all others are kept.';
COMMENT ON COLUMN platform.retention_terms.keep IS 'Time for which a row is kept after it has ended.';
COMMENT ON COLUMN platform.retention_terms.source IS 'The law or the decision that gives the term.';
COMMENT ON COLUMN platform.retention_terms.place IS 'Where the next batch begins; empty: at the first row.';

CREATE TABLE platform.holds (
    hold_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    table_name text,
    person bytea,
    reason text NOT NULL CHECK (reason <> ''),
    held_by text NOT NULL DEFAULT session_user,
    held_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    released_by text,
    released_at timestamptz,
    CHECK (num_nonnulls(table_name, person) = 1),
    CHECK ((released_by IS NULL) = (released_at IS NULL))
);
COMMENT ON TABLE platform.holds IS 'Tables and persons of which nothing is removed, such as for a lawsuit.';
COMMENT ON COLUMN platform.holds.table_name IS 'Schema and table.';
COMMENT ON COLUMN platform.holds.person IS 'Keyed code of the number of the person.';
CREATE INDEX ON platform.holds (person) WHERE released_at IS NULL;

CREATE TABLE platform.person_key (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    key bytea NOT NULL DEFAULT sha256((gen_random_uuid()::text || gen_random_uuid()::text)::bytea)
);
INSERT INTO platform.person_key DEFAULT VALUES;
COMMENT ON TABLE platform.person_key IS 'The key of the codes in platform.holds. Only functions of the owner read it.';

CREATE TABLE platform.removals (
    removal_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    schema_name text NOT NULL,
    table_name text NOT NULL,
    keep interval NOT NULL,
    source text NOT NULL,
    removed int NOT NULL CHECK (removed > 0),
    keys_sha256 bytea NOT NULL,
    removed_at timestamptz NOT NULL
);
COMMENT ON TABLE platform.removals IS 'Proof of each batch of removed rows. Append-only; no keys and no data.';
COMMENT ON COLUMN platform.removals.keys_sha256 IS
    'SHA-256 of the keys of the rows in their order, one in a line. Of a partition: its name and its number of rows.';

CREATE FUNCTION platform.person_code(number text) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
    'SELECT sha256(k.key || sha256(k.key || number::bytea)) FROM platform.person_key k';
COMMENT ON FUNCTION platform.person_code IS 'Keyed code of the number of a person.';

-- A hold counts for all numbers of the person: those that were replaced, and the one in force.
CREATE FUNCTION platform.is_person_held(said text) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF said IS NULL OR NOT EXISTS (SELECT FROM platform.holds h WHERE h.person IS NOT NULL AND h.released_at IS NULL)
    THEN
        RETURN false;
    END IF;
    RETURN EXISTS (
        WITH named AS (SELECT DISTINCT m[1] AS number FROM regexp_matches(said, '\m\d{11}\M', 'g') AS m),
        in_force AS (
            SELECT coalesce(f.in_force, n.number) AS number
            FROM named n LEFT JOIN personnel_file.former_numbers f ON f.ssin = n.number),
        all_numbers AS (
            SELECT number FROM in_force
            UNION SELECT f.ssin FROM in_force i JOIN personnel_file.former_numbers f ON f.in_force = i.number)
        SELECT FROM all_numbers a
        JOIN platform.holds h ON h.person = platform.person_code(a.number) AND h.released_at IS NULL);
END $$;
COMMENT ON FUNCTION platform.is_person_held IS
    'Whether a text, such as a column with JSON, has the number of a person on hold.';

-- Makes the function that removes rows of a table, which looks at ten times `most` rows in the order of an indexed
-- column. `since` is an expression: the instant from which a row is kept, or null for a row that has not ended. `said` is
-- an expression with the numbers of persons. `key` identifies the row in the proof.
CREATE FUNCTION platform.create_removal(
    schema_name text, table_name text, walked text, since text, said text DEFAULT 'NULL', key text DEFAULT NULL
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    type text := (SELECT format_type(a.atttypid, NULL) FROM pg_attribute a
        WHERE a.attrelid = format('%I.%I', schema_name, table_name)::regclass AND a.attname = walked);
BEGIN
    EXECUTE format($f$
        CREATE FUNCTION %1$I.%2$I(before timestamptz, most int, INOUT place text, OUT keys text[])
        LANGUAGE sql AS $body$
            WITH looked AS MATERIALIZED (
                SELECT t.ctid, t.%4$I AS walked FROM %1$I.%3$I t
                WHERE t.%4$I > coalesce(nullif(place, ''), %5$L)::%6$s
                ORDER BY t.%4$I FETCH FIRST (most * 10) ROWS WITH TIES),
            ended AS (
                SELECT t.ctid FROM %1$I.%3$I t WHERE t.ctid = ANY(ARRAY(SELECT l.ctid FROM looked l))
                    AND %7$s < before AND NOT platform.is_person_held((%8$s)::text) FOR UPDATE SKIP LOCKED),
            gone AS (DELETE FROM %1$I.%3$I t USING ended e WHERE t.ctid = e.ctid RETURNING t.*)
            SELECT CASE WHEN (SELECT count(*) FROM looked) < most * 10 THEN ''
                    ELSE (SELECT l.walked FROM looked l ORDER BY l.walked DESC LIMIT 1)::text END,
                (SELECT array_agg(%10$L || (%9$s)::text) FROM gone t)
        $body$
        $f$, schema_name, 'remove_' || table_name, table_name, walked,
        CASE type WHEN 'uuid' THEN '00000000-0000-0000-0000-000000000000' WHEN 'date' THEN '-infinity' ELSE '-1' END,
        type, since, said, coalesce(key, 't.' || quote_ident(walked)), table_name || ' ');
END $$;

-- Drops the monthly partitions that ended before an instant. A partition goes as a whole, so a hold of any person keeps
-- all of them. It never waits for a lock: the next call tries again.
CREATE FUNCTION platform.drop_partitions(parent regclass, before timestamptz) RETURNS text[]
LANGUAGE plpgsql AS $$
DECLARE
    part record; gone text[] := '{}'; rows_of bigint;
BEGIN
    IF EXISTS (SELECT FROM platform.holds h WHERE h.person IS NOT NULL AND h.released_at IS NULL) THEN
        RETURN gone;
    END IF;
    FOR part IN
        SELECT c.relname, n.nspname, to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month' AS ended
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE i.inhparent = parent AND c.relname ~ '_\d{4}_\d{2}$' ORDER BY c.relname
    LOOP
        CONTINUE WHEN part.ended AT TIME ZONE 'UTC' > before;
        BEGIN
            EXECUTE format('SELECT count(*) FROM %I.%I', part.nspname, part.relname) INTO rows_of;
            EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE NOWAIT', parent);
            EXECUTE format('DROP TABLE %I.%I', part.nspname, part.relname);
            gone := gone || format('%s %s', part.relname, rows_of);
        EXCEPTION WHEN lock_not_available THEN
            EXIT;
        END;
    END LOOP;
    RETURN gone;
END $$;

-- Looks at the next rows of each table of a schema that has a term, removes those that have ended, and writes the proof.
-- `most` is the number of relations, declarations, cases or messages. A process leaves a table to another one at work.
CREATE FUNCTION platform.remove_expired(service text, most int) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    term platform.retention_terms; target text; before timestamptz; next_place text; gone text[]; rows_of bigint;
    removed jsonb := '{}';
BEGIN
    FOR term IN
        SELECT * FROM platform.retention_terms t WHERE t.schema_name = service
            AND NOT EXISTS (SELECT FROM platform.holds h
                WHERE h.table_name = t.schema_name || '.' || t.table_name AND h.released_at IS NULL)
        ORDER BY t.table_name FOR UPDATE SKIP LOCKED
    LOOP
        before := platform.now() - term.keep;
        target := format('%I.%I', term.schema_name, term.table_name);
        IF EXISTS (SELECT FROM pg_partitioned_table p WHERE p.partrelid = to_regclass(target)) THEN
            gone := platform.drop_partitions(target::regclass, before);
            next_place := '';
            rows_of := coalesce((SELECT sum(split_part(g, ' ', 2)::int) FROM unnest(gone) AS g), 0);
            INSERT INTO platform.removals (schema_name, table_name, keep, source, removed, keys_sha256, removed_at)
            SELECT term.schema_name, term.table_name, term.keep, term.source, split_part(g, ' ', 2)::int,
                sha256(g::bytea), platform.now()
            FROM unnest(gone) AS g WHERE split_part(g, ' ', 2)::int > 0;
        ELSE
            EXECUTE format('SELECT r.place, r.keys FROM %I.%I($1, $2, $3) AS r', service, 'remove_' || term.table_name)
                INTO next_place, gone USING before, most, term.place;
            rows_of := coalesce(cardinality(gone), 0);
            INSERT INTO platform.removals (schema_name, table_name, keep, source, removed, keys_sha256, removed_at)
            SELECT term.schema_name, split_part(g, ' ', 1), term.keep, term.source, count(*),
                sha256(string_agg(substr(g, strpos(g, ' ') + 1), E'\n' ORDER BY g COLLATE "C")::bytea), platform.now()
            FROM unnest(gone) AS g GROUP BY 2;
        END IF;
        IF next_place <> term.place THEN
            UPDATE platform.retention_terms t SET place = next_place
            WHERE t.schema_name = term.schema_name AND t.table_name = term.table_name;
        END IF;
        IF rows_of > 0 THEN
            removed := removed || jsonb_build_object(
                term.table_name, jsonb_build_object('rows', rows_of, 'keys', to_jsonb(gone)));
        END IF;
    END LOOP;
    RETURN removed;
END $$;
COMMENT ON FUNCTION platform.remove_expired IS
    'Removes rows of a schema whose term is over. Returns by table the number of removed rows, and table and key of each.';

-- What operators do; each leaves a row in their log. They set terms for the tables of this list. Tables that record looks
-- are the evidence about operators too, so a term of an operator may never remove their rows.
CREATE FUNCTION platform.set_term(target text, new_keep interval, why text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    removable CONSTANT text[] := ARRAY[
        'personnel_file.relations', 'intake.declarations', 'intake.denials', 'intake.organization_days',
        'contact.cases', 'contact.notifications', 'contact.refusals',
        'notifier.messages', 'notifier.dispatches', 'notifier.refusals'];
    target_schema text := split_part(target, '.', 1); target_table text := split_part(target, '.', 2);
BEGIN
    IF target IS NULL OR target <> ALL(removable) THEN
        RETURN false;
    END IF;
    IF new_keep IS NULL THEN
        DELETE FROM platform.retention_terms t WHERE t.schema_name = target_schema AND t.table_name = target_table;
    ELSE
        INSERT INTO platform.retention_terms AS t (schema_name, table_name, keep, source)
        VALUES (target_schema, target_table, new_keep, why)
        ON CONFLICT (schema_name, table_name) DO UPDATE
            SET keep = excluded.keep, source = excluded.source, set_at = clock_timestamp(), place = '';
    END IF;
    INSERT INTO platform.operator_log (account, action, subject, reason)
    VALUES (session_user, 'retention.term', target, concat_ws(': ', coalesce(new_keep::text, 'keep all'), why));
    RETURN true;
END $$;
COMMENT ON FUNCTION platform.set_term IS
    'Sets the term of a table of its list; null: keep all. False for another table, such as one that records looks.';

CREATE FUNCTION platform.hold(target text, number text, why text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    made bigint;
BEGIN
    INSERT INTO platform.holds (table_name, person, reason)
    VALUES (target, platform.person_code(number), why) RETURNING hold_id INTO made;
    INSERT INTO platform.operator_log (account, action, subject, reason)
    VALUES (session_user, 'retention.hold', made::text, why);
    RETURN made;
END $$;

CREATE FUNCTION platform.release_hold(ended bigint, why text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE platform.holds SET released_by = session_user, released_at = clock_timestamp()
    WHERE hold_id = ended AND released_at IS NULL;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO platform.operator_log (account, action, subject, reason)
    VALUES (session_user, 'retention.release', ended::text, why);
    RETURN true;
END $$;

REVOKE ALL ON FUNCTION platform.person_code, platform.is_person_held, platform.create_removal, platform.drop_partitions,
    platform.remove_expired, platform.set_term, platform.hold, platform.release_hold FROM PUBLIC;
GRANT EXECUTE ON FUNCTION platform.remove_expired
    TO dimona_intake, dimona_personnel_file, dimona_notifier, dimona_contact;

-- migrate:down
DROP FUNCTION platform.release_hold, platform.hold, platform.set_term, platform.remove_expired, platform.drop_partitions,
    platform.create_removal, platform.is_person_held, platform.person_code;
DROP TABLE platform.removals, platform.person_key, platform.holds, platform.retention_terms;
