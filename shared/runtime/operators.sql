-- The rights of operators at the database. `dimona migrate` gives them anew each time, after the migrations, because
-- they concern the tables of all services. An operator reads, adds rows to the audit, and changes logins and keys;
-- the owner alone changes other rows or the audit itself (threat T24).
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'dimona_operator') THEN
        CREATE ROLE dimona_operator NOLOGIN;
    END IF;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO dimona_operator', current_database());
END $$;

REVOKE ALL ON ALL TABLES IN SCHEMA access, contact, feed, files, identification, intake, notifier, personnel_file, platform
    FROM dimona_operator;
GRANT USAGE ON SCHEMA access, contact, feed, files, identification, intake, notifier, personnel_file, platform TO dimona_operator;
GRANT SELECT ON ALL TABLES IN SCHEMA access, contact, feed, files, identification, intake, notifier, personnel_file, platform
    TO dimona_operator;
REVOKE SELECT ON access.factor, access.session, access.code FROM dimona_operator;  -- secrets of persons
REVOKE SELECT ON platform.person_key FROM dimona_operator;
GRANT SELECT (user_id, kind, attempts, blocked_until, changed_at) ON access.factor TO dimona_operator;

-- The audit of readings.
GRANT INSERT ON personnel_file.late_readings, personnel_file.consultations TO dimona_operator;
GRANT EXECUTE ON FUNCTION platform.store_parked_look TO dimona_operator;

-- Findings of worked days, their judgements, and the steps of agents (ADR 32). Rows are only added.
GRANT INSERT ON personnel_file.omission_files, personnel_file.omission_findings, personnel_file.omission_judgements,
    personnel_file.omission_counts, personnel_file.omission_cases, personnel_file.omission_steps,
    personnel_file.omission_readings TO dimona_operator;

-- Keys and blocks of clients, passwords and authenticators of persons, authorizations of institutions.
GRANT EXECUTE ON FUNCTION access.add_client_key, access.block_client, access.set_factor, access.operate_authorization
    TO dimona_operator;
GRANT UPDATE (revoked_at, revoked_by) ON access.client_key TO dimona_operator;

-- Ages of events, for `dimona status`.
SET ROLE dimona_feed_places;
GRANT EXECUTE ON FUNCTION feed.hidden_age, feed.age_after TO dimona_operator;
RESET ROLE;

-- Senders of files.
GRANT EXECUTE ON FUNCTION files.set_expeditor, files.block_expeditor TO dimona_operator;

-- Terms after which rows are removed, and holds.
GRANT EXECUTE ON FUNCTION platform.set_term, platform.hold, platform.release_hold TO dimona_operator;
