-- migrate:up

-- The provisioner brings the broker to this state (ADR 26). Ids of this form are given by the directory itself, so
-- that no organization can name an account of a service or of an operator.
CREATE TABLE access.broker_account (
    client_id text PRIMARY KEY REFERENCES access.client CHECK (client_id ~ '^client_[0-9a-f]{20}$'),
    password_hash text CHECK (password_hash ~ '^[A-Za-z0-9+/]{48}$'),
    version bigint NOT NULL DEFAULT 1,
    applied bigint NOT NULL DEFAULT 0 CHECK (applied <= version)
);
COMMENT ON TABLE access.broker_account IS
    'Broker accounts that the system makes; a client without a row has its account from an operator.';
COMMENT ON COLUMN access.broker_account.password_hash IS
    'Salted SHA-256 of a random password, as RabbitMQ stores it; null: there is no user. The password is stored nowhere.';
COMMENT ON COLUMN access.broker_account.version IS 'Grows with each change; applied follows once the broker has it.';
CREATE INDEX ON access.broker_account (client_id) WHERE applied < version;

CREATE VIEW access.broker_accounts AS
    SELECT b.client_id, c.queue, b.password_hash, b.version, b.applied
    FROM access.broker_account b JOIN access.client c USING (client_id);
COMMENT ON VIEW access.broker_accounts IS 'Wanted broker accounts, and the version of each that the broker has.';

-- An account follows its client, whichever way the client is changed. Without a queue its password counts no more.
CREATE FUNCTION access.follow_client() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.client_id ~ '^client_[0-9a-f]{20}$' AND NEW.queue THEN
        INSERT INTO access.broker_account (client_id) VALUES (NEW.client_id)
        ON CONFLICT (client_id) DO UPDATE SET version = broker_account.version + 1;
    ELSE
        UPDATE access.broker_account SET password_hash = NULL, version = version + 1
        WHERE client_id = NEW.client_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER account AFTER INSERT ON access.client
    FOR EACH ROW EXECUTE FUNCTION access.follow_client();
CREATE TRIGGER account_of_changed AFTER UPDATE ON access.client
    FOR EACH ROW WHEN (OLD.queue <> NEW.queue) EXECUTE FUNCTION access.follow_client();

-- Passwords and scopes are remembered like keys; a hash is not.
CREATE FUNCTION access.remember_of_client() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    old_row jsonb := CASE WHEN TG_OP <> 'INSERT' THEN jsonb_strip_nulls(to_jsonb(OLD)) - 'password_hash' END;
    new_row jsonb := CASE WHEN TG_OP <> 'DELETE' THEN jsonb_strip_nulls(to_jsonb(NEW)) - 'password_hash' END;
BEGIN
    INSERT INTO access.history (type, parties, before, after, changed_by)
    SELECT TG_ARGV[0] || '.notify.'
               || CASE TG_OP WHEN 'INSERT' THEN 'added' WHEN 'UPDATE' THEN 'changed' ELSE 'removed' END,
           ARRAY[c.organization::text], old_row, new_row,
           nullif(current_setting('access.changed_by', TRUE), '')::uuid
    FROM access.client c WHERE c.client_id = coalesce(NEW.client_id, OLD.client_id);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION access.remember_of_client IS
    'Writes a change of a row of a client into the history, for the organization of the client.';
CREATE TRIGGER remember AFTER INSERT OR DELETE ON access.client_scope
    FOR EACH ROW EXECUTE FUNCTION access.remember_of_client('clientScopes');
CREATE TRIGGER remember AFTER UPDATE ON access.broker_account
    FOR EACH ROW WHEN (OLD.password_hash IS DISTINCT FROM NEW.password_hash)
    EXECUTE FUNCTION access.remember_of_client('clientPasswords');

GRANT SELECT, INSERT ON access.broker_account TO dimona_access;
GRANT UPDATE (password_hash, version) ON access.broker_account TO dimona_access;

-- migrate:down
DROP TRIGGER remember ON access.client_scope;
DROP TRIGGER account ON access.client;
DROP TRIGGER account_of_changed ON access.client;
DROP VIEW access.broker_accounts;
DROP TABLE access.broker_account;
DROP FUNCTION access.remember_of_client, access.follow_client;
