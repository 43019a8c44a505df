-- migrate:up

-- Whatever changes in the directory is remembered here, in the transaction of the change, by the tables
-- themselves: no way of changing a row leaves its history out, a loaded file and an operator's hand included.
CREATE TABLE access.history (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    event_id uuid NOT NULL DEFAULT gen_random_uuid(),
    type text NOT NULL,
    parties text[] NOT NULL,
    before jsonb,
    after jsonb,
    changed_at timestamptz NOT NULL DEFAULT platform.now(),
    changed_by uuid
);
COMMENT ON TABLE access.history IS
    'Every change of the directory: what, before and after, when and by whom. Append-only; the feed of events.';
COMMENT ON COLUMN access.history.parties IS
    'Enterprise numbers of the organizations that it concerns: they see it in their events.';
COMMENT ON COLUMN access.history.changed_by IS 'The person who did; null: the authority''s operator, or a file.';
CREATE INDEX ON access.history USING gin (parties);
CREATE INDEX ON access.history (xid, id);

CREATE TABLE access.epoch (
    one boolean PRIMARY KEY DEFAULT TRUE CHECK (one),
    epoch text NOT NULL DEFAULT gen_random_uuid()::text
);
INSERT INTO access.epoch DEFAULT VALUES;
COMMENT ON TABLE access.epoch IS
    'Part of every cursor: transaction numbers start anew in a restored database, and so must its readers.';

-- Arguments: what the rows are called in the types of events, then the columns that hold their parties.
CREATE FUNCTION access.remember() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    old_row jsonb := CASE WHEN TG_OP <> 'INSERT' THEN jsonb_strip_nulls(to_jsonb(OLD)) END;
    new_row jsonb := CASE WHEN TG_OP <> 'DELETE' THEN jsonb_strip_nulls(to_jsonb(NEW)) END;
    parties text[];
BEGIN
    SELECT array_agg(DISTINCT row_ ->> column_) INTO parties
    FROM unnest(TG_ARGV[1:]) AS column_, unnest(ARRAY[old_row, new_row]) AS row_
    WHERE row_ ? column_;
    INSERT INTO access.history (type, parties, before, after, changed_by)
    VALUES (TG_ARGV[0] || '.notify.'
                || CASE TG_OP WHEN 'INSERT' THEN 'added' WHEN 'UPDATE' THEN 'changed' ELSE 'removed' END,
            parties, old_row, new_row, nullif(current_setting('access.changed_by', TRUE), '')::uuid);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION access.remember IS
    'Writes a change into the history. Who does it is told by the transaction: set_config(''access.changed_by'', …).';

CREATE TRIGGER remember AFTER INSERT OR UPDATE OR DELETE ON access.organization
    FOR EACH ROW EXECUTE FUNCTION access.remember('organizations', 'enterprise_number');
CREATE TRIGGER remember AFTER INSERT OR UPDATE OR DELETE ON access.employer
    FOR EACH ROW EXECUTE FUNCTION access.remember('employers', 'enterprise_number');
CREATE TRIGGER remember AFTER INSERT OR UPDATE OR DELETE ON access.mandatary
    FOR EACH ROW EXECUTE FUNCTION access.remember('mandataries', 'enterprise_number');
CREATE TRIGGER remember AFTER INSERT OR UPDATE OR DELETE ON access.mandate
    FOR EACH ROW EXECUTE FUNCTION access.remember('mandates', 'mandator', 'mandatary');
CREATE TRIGGER remember AFTER INSERT OR UPDATE OR DELETE ON access.affiliation
    FOR EACH ROW EXECUTE FUNCTION access.remember('affiliations', 'employer', 'secretariat');
CREATE TRIGGER remember AFTER INSERT OR UPDATE OR DELETE ON access.client
    FOR EACH ROW EXECUTE FUNCTION access.remember('clients', 'organization');
CREATE TRIGGER remember AFTER INSERT OR UPDATE OR DELETE ON access.granted
    FOR EACH ROW EXECUTE FUNCTION access.remember('rights', 'enterprise_number');
CREATE TRIGGER remember AFTER INSERT OR UPDATE OR DELETE ON access.ebox
    FOR EACH ROW EXECUTE FUNCTION access.remember('eboxes', 'enterprise_number');

CREATE TABLE access.refusal (
    refusal_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    refused_at timestamptz NOT NULL DEFAULT platform.now(),
    caller text NOT NULL,
    client_id text NOT NULL,
    operation text NOT NULL,
    parties text[] NOT NULL,
    reason text NOT NULL
);
COMMENT ON TABLE access.refusal IS
    'Who wanted to do what for whom, and had not the right to. Append-only; no data of the request are kept.';
COMMENT ON COLUMN access.refusal.caller IS 'The subject of the token: a user id, or a client id.';

GRANT SELECT, INSERT ON access.history, access.refusal TO dimona_access;
GRANT SELECT ON access.epoch TO dimona_access;

-- migrate:down

DROP TRIGGER remember ON access.ebox;
DROP TRIGGER remember ON access.granted;
DROP TRIGGER remember ON access.client;
DROP TRIGGER remember ON access.affiliation;
DROP TRIGGER remember ON access.mandate;
DROP TRIGGER remember ON access.mandatary;
DROP TRIGGER remember ON access.employer;
DROP TRIGGER remember ON access.organization;
DROP FUNCTION access.remember;
DROP TABLE access.refusal, access.epoch, access.history;
