-- migrate:up
-- The role of the provisioner: it reads the wanted accounts, and notes what the broker has.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'dimona_provisioner') THEN
        CREATE ROLE dimona_provisioner LOGIN;
    END IF;
END $$;
GRANT USAGE ON SCHEMA access, platform TO dimona_provisioner;
GRANT SELECT ON access.broker_accounts TO dimona_provisioner;
GRANT SELECT (client_id, applied), UPDATE (applied) ON access.broker_account TO dimona_provisioner;

-- migrate:down
DROP OWNED BY dimona_provisioner;
