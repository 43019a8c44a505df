-- migrate:up
-- The service of contestation and contact: its role and schema, as 0001 makes those of the others.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'dimona_contact') THEN
        CREATE ROLE dimona_contact LOGIN;
    END IF;
END $$;
CREATE SCHEMA contact;
GRANT USAGE ON SCHEMA contact, platform TO dimona_contact;

-- migrate:down
DROP SCHEMA contact CASCADE;
