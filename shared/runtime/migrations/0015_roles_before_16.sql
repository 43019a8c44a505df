-- migrate:up
-- Later files make two roles for which the owner gets a membership without rights (WITH INHERIT FALSE). PostgreSQL 15
-- has no such membership; there an owner without inheritance has the same effect. Those files leave alone a role that exists.
DO $$
DECLARE
    role text;
BEGIN
    IF current_setting('server_version_num')::int < 160000 THEN
        ALTER ROLE CURRENT_USER NOINHERIT;
        FOREACH role IN ARRAY '{dimona_feed_removal,dimona_feed_places}'::text[] LOOP
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
                EXECUTE format('CREATE ROLE %I NOLOGIN', role);
            END IF;
            EXECUTE format('GRANT %I TO CURRENT_USER', role);
        END LOOP;
    END IF;
END $$;

-- migrate:down
SELECT;
