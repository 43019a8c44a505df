-- migrate:up

DO $$
BEGIN
    -- Its own migration comes later and finds the role.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'dimona_feed') THEN
        CREATE ROLE dimona_feed LOGIN;
    END IF;
END $$;

-- The feed of an institution needs an authorization (ADR 30): its basis, its purpose, its fields, and its term.
CREATE TABLE access.eea_country (
    country char(2) PRIMARY KEY CHECK (country ~ '^[A-Z]{2}$')
);
COMMENT ON TABLE access.eea_country IS
    'Members of the European Economic Area by ISO 3166-1 code: those of the Union, Iceland, Liechtenstein and Norway.';
INSERT INTO access.eea_country
SELECT unnest(string_to_array(
    'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK', ' '));

CREATE TABLE access.institution_authorization (
    authorization_id uuid NOT NULL,
    version int NOT NULL CHECK (version >= 1),
    place bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    institution_id text NOT NULL REFERENCES access.institution,
    recipient_class text NOT NULL CHECK (recipient_class IN ('social_security', 'public_body', 'judicial', 'partner',
        'authorized_third_party', 'deliberated_third_party')),
    legal_basis text NOT NULL CHECK (legal_basis <> ''),
    purpose text NOT NULL CHECK (purpose <> ''),
    fields text[] NOT NULL CHECK (fields @> '{relation,version,periodId,status}'),
    kinds text[] CHECK (cardinality(kinds) > 0),
    all_workers boolean NOT NULL DEFAULT FALSE,
    all_workers_basis text CHECK (all_workers_basis <> ''),
    begins_at timestamptz NOT NULL,
    expires_at timestamptz,
    country char(2) NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    guarantee text CHECK (guarantee <> ''),
    contact text NOT NULL CHECK (contact <> ''),
    granted_by text NOT NULL CHECK (granted_by <> ''),
    granted_at timestamptz NOT NULL DEFAULT platform.now(),
    confirmed_by text CHECK (confirmed_by <> ''),
    confirmed_at timestamptz,
    valid_from timestamptz,
    ended_by text CHECK (ended_by <> ''),
    ended_at timestamptz,
    end_reason text CHECK (end_reason <> ''),
    PRIMARY KEY (authorization_id, version),
    CONSTRAINT authorization_of_all_workers CHECK (all_workers = (all_workers_basis IS NOT NULL)),
    CONSTRAINT authorization_instants_in_order CHECK (expires_at > begins_at),
    CONSTRAINT authorization_by_two_agents CHECK (confirmed_by <> granted_by),
    CONSTRAINT authorization_confirmed CHECK (
        (confirmed_by IS NULL) = (confirmed_at IS NULL) AND (confirmed_by IS NULL) = (valid_from IS NULL)),
    CONSTRAINT authorization_ended CHECK (
        (ended_by IS NULL) = (ended_at IS NULL) AND (ended_by IS NULL) = (end_reason IS NULL))
);
COMMENT ON TABLE access.institution_authorization IS
    'Authorizations of institutions to get the feed, a row per version. Confirmation and end are added; the rest never changes.';
COMMENT ON COLUMN access.institution_authorization.place IS 'The order in which versions were granted.';
COMMENT ON COLUMN access.institution_authorization.recipient_class IS
    'The recipients of the declaration on personal data of the office, section 6 (docs/seeds.md, seed 002).';
COMMENT ON COLUMN access.institution_authorization.legal_basis IS 'A law, or the number of a deliberation.';
COMMENT ON COLUMN access.institution_authorization.kinds IS 'Event types; null: all that the fields allow.';
COMMENT ON COLUMN access.institution_authorization.all_workers IS
    'Whether events of all workers are sent, also of workers without a file there.';
COMMENT ON COLUMN access.institution_authorization.guarantee IS
    'The guarantee for a country outside the EEA; without it the version gives nothing.';
COMMENT ON COLUMN access.institution_authorization.granted_by IS
    'The user id of an agent, or operator:LOGIN; so are confirmed_by and ended_by.';
COMMENT ON COLUMN access.institution_authorization.valid_from IS
    'From when it counts: begins_at, or its confirmation if another version counted since begins_at. So no past changes.';
CREATE UNIQUE INDEX authorization_proposed_once ON access.institution_authorization (institution_id)
    WHERE confirmed_at IS NULL AND ended_at IS NULL;
CREATE INDEX ON access.institution_authorization (institution_id, place);

-- The contract with the readers of the feed, past and future versions included. A version without a guarantee
-- replaces the version before, and is not shown.
CREATE VIEW access.institution_authorizations AS
    SELECT institution_id, authorization_id, version, fields, kinds, all_workers, valid_from, valid_to
    FROM (
        SELECT a.*, least(a.expires_at, a.ended_at, lead(a.valid_from) OVER (
            PARTITION BY a.institution_id ORDER BY a.valid_from, a.place)) AS valid_to
        FROM access.institution_authorization a
        WHERE a.confirmed_at IS NOT NULL AND (a.ended_at IS NULL OR a.ended_at > a.valid_from)
    ) AS v
    WHERE (valid_to IS NULL OR valid_to > valid_from)
        AND (guarantee IS NOT NULL OR country IN (SELECT country FROM access.eea_country));
COMMENT ON VIEW access.institution_authorizations IS
    'Confirmed versions for allowed countries. A version is in force at t if valid_from <= t < valid_to (null: no end).';

-- Runs before each change: the confirmation decides from when a version counts, and no other value changes.
CREATE FUNCTION access.keep_authorization() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    added CONSTANT text[] := '{confirmed_by,confirmed_at,valid_from,ended_by,ended_at,end_reason}';
    said_at timestamptz := platform.now();
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF to_jsonb(NEW) - added <> to_jsonb(OLD) - added OR OLD.ended_at IS NOT NULL
            OR (OLD.confirmed_at IS NOT NULL AND (NEW.confirmed_by, NEW.confirmed_at, NEW.valid_from)
                IS DISTINCT FROM (OLD.confirmed_by, OLD.confirmed_at, OLD.valid_from)) THEN
            RAISE restrict_violation USING MESSAGE = 'an authorization is confirmed and ended, and not changed';
        END IF;
        IF NEW.ended_by IS NOT NULL THEN
            NEW.ended_at := said_at;
        END IF;
        IF OLD.confirmed_at IS NOT NULL THEN
            RETURN NEW;
        END IF;
    END IF;
    IF NEW.confirmed_by IS NOT NULL THEN
        PERFORM FROM access.institution WHERE institution_id = NEW.institution_id FOR UPDATE;
        NEW.confirmed_at := said_at;
        NEW.valid_from := CASE WHEN EXISTS (
                SELECT FROM access.institution_authorizations v
                WHERE v.institution_id = NEW.institution_id AND v.valid_from < said_at
                    AND (v.valid_to IS NULL OR v.valid_to > NEW.begins_at))
            THEN greatest(NEW.begins_at, said_at) ELSE NEW.begins_at END;
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION access.keep_authorization IS
    'Refuses changes of a version other than its confirmation and its end, and sets their instants.';
CREATE TRIGGER keep BEFORE INSERT OR UPDATE ON access.institution_authorization
    FOR EACH ROW EXECUTE FUNCTION access.keep_authorization();

-- The agents of the authority see these changes in their events. A digest of a token is not remembered.
CREATE FUNCTION access.remember_of_institution() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    old_row jsonb := CASE WHEN TG_OP <> 'INSERT' THEN jsonb_strip_nulls(to_jsonb(OLD)) - 'token_sha256' END;
    new_row jsonb := CASE WHEN TG_OP <> 'DELETE' THEN jsonb_strip_nulls(to_jsonb(NEW)) - 'token_sha256' END;
BEGIN
    INSERT INTO access.history (type, parties, before, after, changed_by)
    VALUES (TG_ARGV[0] || '.notify.'
                || CASE TG_OP WHEN 'INSERT' THEN 'added' WHEN 'UPDATE' THEN 'changed' ELSE 'removed' END,
            '{0206731645}', old_row, new_row, nullif(current_setting('access.changed_by', TRUE), '')::uuid);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION access.remember_of_institution IS
    'Writes a change of an institution or of an authorization into the history, for the authority.';
CREATE TRIGGER remember AFTER INSERT OR UPDATE OR DELETE ON access.institution
    FOR EACH ROW EXECUTE FUNCTION access.remember_of_institution('institutions');
CREATE TRIGGER remember AFTER INSERT OR UPDATE OR DELETE ON access.institution_authorization
    FOR EACH ROW EXECUTE FUNCTION access.remember_of_institution('institutionAuthorizations');

-- An institution of before has no basis and no purpose on record: it gets nothing until it has an authorization.
DROP VIEW access.institutions;
ALTER TABLE access.institution DROP COLUMN fields;
COMMENT ON TABLE access.institution IS 'Institutions that may have the feed, and the hash of the token with which each pulls.';
CREATE VIEW access.institutions AS SELECT institution_id, token_sha256, batches FROM access.institution;
COMMENT ON VIEW access.institutions IS 'Institutions: hash of the token, and whether ready events come as one batch.';
REVOKE DELETE ON access.institution FROM dimona_access;
GRANT SELECT ON access.eea_country TO dimona_access;
GRANT SELECT ON access.institution_authorizations TO dimona_access;
GRANT SELECT, INSERT, UPDATE (confirmed_by, ended_by, end_reason) ON access.institution_authorization TO dimona_access;
GRANT SELECT ON access.institutions TO dimona_personnel_file, dimona_feed;
GRANT SELECT ON access.institution_authorizations TO dimona_feed;

-- migrate:down
DROP VIEW access.institutions;
DROP TRIGGER remember ON access.institution;
DROP VIEW access.institution_authorizations;
DROP TABLE access.institution_authorization, access.eea_country;
DROP FUNCTION access.keep_authorization, access.remember_of_institution;
ALTER TABLE access.institution ADD fields text[] NOT NULL DEFAULT '{}';
ALTER TABLE access.institution ALTER fields DROP DEFAULT;
COMMENT ON TABLE access.institution IS
    'An institution subscribed to the personnel file, and the hash of the token with which it pulls.';
COMMENT ON COLUMN access.institution.fields IS 'The fields of the feed that its authorization covers; it sees no other.';
CREATE VIEW access.institutions AS SELECT institution_id, token_sha256, fields, batches FROM access.institution;
COMMENT ON VIEW access.institutions IS
    'Subscribed institutions: hash of the token, and the fields that each may see.';
GRANT DELETE ON access.institution TO dimona_access;
GRANT SELECT ON access.institutions TO dimona_personnel_file, dimona_feed;
