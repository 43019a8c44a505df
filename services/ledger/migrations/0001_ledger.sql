-- migrate:up
-- The role of the ledger: it reads the columns that it counts with, and may change nothing.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'dimona_ledger') THEN
        CREATE ROLE dimona_ledger LOGIN;
    END IF;
END $$;
ALTER ROLE dimona_ledger SET default_transaction_read_only = on;
GRANT USAGE ON SCHEMA platform, intake, identification, personnel_file, notifier TO dimona_ledger;
GRANT SELECT (number, received_at, order_key) ON intake.declarations TO dimona_ledger;
GRANT SELECT (number, final, result, recorded_at) ON intake.results TO dimona_ledger;
GRANT SELECT (number) ON intake.open TO dimona_ledger;
GRANT SELECT (declaration_id, state) ON identification.cases TO dimona_ledger;
GRANT SELECT (declaration_id, result) ON personnel_file.settlements TO dimona_ledger;
GRANT SELECT (declaration_id, provisional, result, notification_id) ON notifier.notifications TO dimona_ledger;
GRANT SELECT (message_id) ON notifier.messages TO dimona_ledger;

-- migrate:down
DROP OWNED BY dimona_ledger;
