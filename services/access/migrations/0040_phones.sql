-- migrate:up

-- A client may declare by phone (docs/adr/0029): it is recognized by the number of the phone and a PIN. Both are
-- stored as codes under a key that is not in the database.
CREATE TABLE access.client_phone (
    phone_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    client_id text NOT NULL REFERENCES access.client,
    label text NOT NULL CHECK (label ~ '^[^\x01-\x1f\x7f]{1,60}$'),
    language text NOT NULL CHECK (language IN ('fr', 'nl', 'de', 'en')),
    number_code bytea NOT NULL CHECK (octet_length(number_code) = 32),
    pin_code bytea NOT NULL CHECK (octet_length(pin_code) = 32),
    added_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    added_by uuid REFERENCES access.person,
    ended_at timestamptz,
    ended_by uuid REFERENCES access.person
);
COMMENT ON TABLE access.client_phone IS 'Phones that may declare for a client, past ones too.';
COMMENT ON COLUMN access.client_phone.label IS 'The name that the manager gives the phone, since its number is not stored.';
COMMENT ON COLUMN access.client_phone.language IS 'The language of answers that the labels of an SMS do not decide.';
COMMENT ON COLUMN access.client_phone.number_code IS 'Keyed hash of the number of the phone.';
COMMENT ON COLUMN access.client_phone.pin_code IS 'Keyed hash of number and PIN. The PIN is shown once, and stored nowhere.';
CREATE UNIQUE INDEX ON access.client_phone (client_id, number_code) WHERE ended_at IS NULL;
CREATE INDEX ON access.client_phone (number_code) WHERE ended_at IS NULL;
CREATE INDEX ON access.client_phone (client_id, added_at, phone_id);

CREATE VIEW access.phones AS
    SELECT phone_id, client_id, language, number_code, pin_code, added_at
    FROM access.client_phone WHERE ended_at IS NULL;
COMMENT ON VIEW access.phones IS 'Phones that may declare, for intake.';

-- Phones are remembered like keys; codes are not.
CREATE FUNCTION access.remember_phone() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    old_row jsonb := CASE WHEN TG_OP <> 'INSERT'
        THEN jsonb_strip_nulls(to_jsonb(OLD)) - 'number_code' - 'pin_code' END;
BEGIN
    INSERT INTO access.history (type, parties, before, after, changed_by)
    SELECT 'clientPhones.notify.' || CASE TG_OP WHEN 'INSERT' THEN 'added' ELSE 'changed' END,
           ARRAY[c.organization::text], old_row,
           jsonb_strip_nulls(to_jsonb(NEW)) - 'number_code' - 'pin_code',
           nullif(current_setting('access.changed_by', TRUE), '')::uuid
    FROM access.client c WHERE c.client_id = NEW.client_id;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION access.remember_phone IS
    'Writes a change of a phone into the history, for the organization of the client.';
CREATE TRIGGER remember AFTER INSERT OR UPDATE ON access.client_phone
    FOR EACH ROW EXECUTE FUNCTION access.remember_phone();

GRANT SELECT, INSERT, UPDATE (ended_at, ended_by) ON access.client_phone TO dimona_access;
GRANT SELECT ON access.phones TO dimona_intake;

-- migrate:down
DROP VIEW access.phones;
DROP TABLE access.client_phone;
DROP FUNCTION access.remember_phone;
