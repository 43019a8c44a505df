-- migrate:up

DO $$
BEGIN
    -- Their own migrations come later and find the roles.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'dimona_provisioner') THEN
        CREATE ROLE dimona_provisioner LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'dimona_files') THEN
        CREATE ROLE dimona_files LOGIN;
    END IF;
END $$;

-- The record of what operators did. A role of a service or of an operator may only add rows to it.
CREATE TABLE platform.operator_log (
    entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    happened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    account text NOT NULL CHECK (account <> ''),
    action text NOT NULL,
    subject text NOT NULL,
    reason text
);
COMMENT ON TABLE platform.operator_log IS
    'Append-only: actions of operators, by the login that a server has verified (decision D35). No person is identified.';
COMMENT ON COLUMN platform.operator_log.account IS
    'The account at the broker for a message, the login at the database for a command on it.';
COMMENT ON COLUMN platform.operator_log.subject IS
    'The client of a block; the user id of a person; the sequence number of a change of a register, as in its row.';
GRANT INSERT (account, action, subject, reason) ON platform.operator_log TO dimona_access, dimona_identification;

CREATE TABLE access.client_block (
    client_id text PRIMARY KEY REFERENCES access.client,
    blocked boolean NOT NULL
);
COMMENT ON TABLE access.client_block IS
    'Clients that an operator blocks, or blocked once. Its organization cannot end a block.';
CREATE INDEX ON access.client_block (('client:' || client_id)) WHERE blocked;

CREATE FUNCTION access.block_client(blocked_client text, is_blocked boolean, why text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM access.client WHERE client_id = blocked_client FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 'unknownClient';
    END IF;
    IF is_blocked = EXISTS (SELECT FROM access.client_block WHERE client_id = blocked_client AND blocked) THEN
        RETURN 'unchanged';
    END IF;
    INSERT INTO access.client_block VALUES (blocked_client, is_blocked)
    ON CONFLICT (client_id) DO UPDATE SET blocked = excluded.blocked;
    INSERT INTO platform.operator_log (account, action, subject, reason)
    VALUES (session_user, CASE WHEN is_blocked THEN 'client.block' ELSE 'client.unblock' END, blocked_client, why);
    RETURN 'done';
END $$;
COMMENT ON FUNCTION access.block_client IS 'Blocks or unblocks a client for an operator: done, unchanged, unknownClient.';
REVOKE ALL ON FUNCTION access.block_client FROM PUBLIC;

-- With the first password the name is stored. A person that was stored with the NISS of an earlier person cannot
-- get a name. The former factor and the sessions of the person end.
CREATE FUNCTION access.set_factor(login_name text, factor_kind text, new_secret text, person uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE owner uuid;
BEGIN
    INSERT INTO access.login (user_id, user_name) SELECT p.user_id, login_name FROM access.person p
    WHERE p.user_id = person
        AND NOT EXISTS (SELECT FROM access.person o WHERE o.ssin = p.ssin AND o.place < p.place)
    ON CONFLICT DO NOTHING;
    SELECT l.user_id INTO owner FROM access.login l
    WHERE l.user_name = login_name AND l.user_id = coalesce(person, l.user_id);
    IF NOT FOUND THEN
        RETURN FALSE;
    END IF;
    DELETE FROM access.session s WHERE s.user_id = owner;
    INSERT INTO access.factor (user_id, kind, secret) VALUES (owner, factor_kind, new_secret)
    ON CONFLICT (user_id, kind) DO UPDATE SET secret = excluded.secret, attempts = 0, blocked_until = NULL,
        last_step = 0, changed_at = clock_timestamp();
    INSERT INTO platform.operator_log (account, action, subject)
    VALUES (session_user, 'user.' || factor_kind, owner::text);
    RETURN TRUE;
END $$;
COMMENT ON FUNCTION access.set_factor IS
    'Stores a factor of a person for an operator; false for a wrong name or person.';
REVOKE ALL ON FUNCTION access.set_factor FROM PUBLIC;

-- Operators and services change keys through these functions only, and cannot write the history themselves.
ALTER FUNCTION access.add_client_key SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION access.remember_key SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION access.add_client_key FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access.add_client_key TO dimona_access;

-- A blocked client counts as a client that is not registered: on the queue, over REST and for notifications.
CREATE OR REPLACE VIEW access.clients AS
    SELECT c.client_id, c.organization, o.name AS organization_name, o.language, c.queue, c.registered_at, c.batches
    FROM access.client c JOIN access.organization o ON o.enterprise_number = c.organization
    WHERE NOT EXISTS (SELECT FROM access.client_block b WHERE b.client_id = c.client_id AND b.blocked);
COMMENT ON VIEW access.clients IS
    'Technical clients that are not blocked, the organization of each, and whether it has a reply queue.';
CREATE VIEW access.organizations_of_clients AS SELECT client_id, organization, queue FROM access.client;
COMMENT ON VIEW access.organizations_of_clients IS
    'All technical clients, also blocked ones, whose waiting messages are refused and not left in the queue.';
CREATE OR REPLACE VIEW access.revoked AS
    SELECT id FROM access.revocation UNION ALL SELECT 'client:' || client_id FROM access.client_block WHERE blocked;
COMMENT ON VIEW access.revoked IS
    'Ids of logins and tokens that count no longer, and of blocked clients; the reader asks on every request.';
CREATE VIEW access.client_blocks AS SELECT client_id, blocked FROM access.client_block;
COMMENT ON VIEW access.client_blocks IS 'Clients that are, or were, blocked: the provisioner brings the broker to this state.';

GRANT SELECT ON access.client_block TO dimona_access;
GRANT SELECT ON access.client_blocks TO dimona_provisioner;
GRANT SELECT ON access.organizations_of_clients
    TO dimona_access, dimona_intake, dimona_notifier, dimona_contact, dimona_personnel_file, dimona_files;

COMMENT ON FUNCTION access.reset_sandbox IS
    'Deletes what the declarations of an organization caused. Returns their number, or null, without deleting, while '
    'one of them is on its way, or had a result in the last two seconds.';

-- migrate:down

GRANT EXECUTE ON FUNCTION access.add_client_key TO PUBLIC;
ALTER FUNCTION access.add_client_key SECURITY INVOKER RESET search_path;
ALTER FUNCTION access.remember_key SECURITY INVOKER RESET search_path;
CREATE OR REPLACE VIEW access.revoked AS SELECT id FROM access.revocation;
CREATE OR REPLACE VIEW access.clients AS
    SELECT c.client_id, c.organization, o.name AS organization_name, o.language, c.queue, c.registered_at, c.batches
    FROM access.client c JOIN access.organization o ON o.enterprise_number = c.organization;
DROP VIEW access.organizations_of_clients, access.client_blocks;
DROP FUNCTION access.block_client, access.set_factor;
DROP TABLE access.client_block, platform.operator_log;
