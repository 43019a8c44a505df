-- migrate:up
-- The feed for institutions (ADR 34): its role, its schema, and the rows of other services that it reads.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'dimona_feed') THEN
        CREATE ROLE dimona_feed LOGIN;
    END IF;
END $$;
CREATE SCHEMA feed;
GRANT USAGE ON SCHEMA feed, platform, access, personnel_file TO dimona_feed;
SELECT platform.create_pipeline('feed', ARRAY[]::text[]);
GRANT SELECT ON personnel_file.feed, personnel_file.epoch, access.institutions TO dimona_feed;

-- migrate:down
REVOKE ALL ON personnel_file.feed, personnel_file.epoch, access.institutions FROM dimona_feed;
REVOKE USAGE ON SCHEMA platform, access, personnel_file FROM dimona_feed;
DROP SCHEMA feed CASCADE;
