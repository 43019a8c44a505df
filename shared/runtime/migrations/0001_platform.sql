-- migrate:up
-- One schema and one role per service; a role works only in its own schema.
CREATE SCHEMA IF NOT EXISTS platform;
CREATE EXTENSION IF NOT EXISTS btree_gist SCHEMA platform;

DO $$
DECLARE service text;
BEGIN
    FOREACH service IN ARRAY ARRAY['access', 'intake', 'identification', 'personnel_file', 'notifier'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'dimona_' || service) THEN
            EXECUTE format('CREATE ROLE %I LOGIN', 'dimona_' || service);
        END IF;
        EXECUTE format('CREATE SCHEMA %I', service);
        EXECUTE format('GRANT USAGE ON SCHEMA %I, platform TO %I', service, 'dimona_' || service);
    END LOOP;
END $$;

-- The one clock. Only a stack that is marked as test may move it (decision D24).
CREATE TABLE platform.clock (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    is_test boolean NOT NULL DEFAULT false,
    moved_by interval NOT NULL DEFAULT '0' CHECK (is_test OR moved_by = '0')
);
INSERT INTO platform.clock DEFAULT VALUES;
COMMENT ON TABLE platform.clock IS 'One row: how far the clock of a test stack is moved.';

CREATE FUNCTION platform.now() RETURNS timestamptz LANGUAGE sql STABLE SECURITY DEFINER AS
    'SELECT clock_timestamp() + moved_by FROM platform.clock';
COMMENT ON FUNCTION platform.now() IS 'The instant of everything legal: reception, results, deadlines.';

-- The tables that every stage of the pipeline has, in the schema of its service.
CREATE FUNCTION platform.create_pipeline(service text, consumers text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE consumer text;
BEGIN
    -- One table per consumer behind one name, so that the statements stay constant.
    EXECUTE format('CREATE TABLE %I.inbox (
        consumer text NOT NULL, message_id uuid NOT NULL,
        handled_at timestamptz NOT NULL DEFAULT platform.now(),
        PRIMARY KEY (consumer, message_id)) PARTITION BY LIST (consumer)', service);
    FOREACH consumer IN ARRAY consumers LOOP
        EXECUTE format('CREATE TABLE %I.%I PARTITION OF %I.inbox FOR VALUES IN (%L)',
                       service, 'inbox_' || consumer, service, consumer);
    END LOOP;
    -- A message that was being handled alone when the process died: how often (decision D6).
    EXECUTE format('CREATE TABLE %I.suspects (
        consumer text NOT NULL, message_id uuid NOT NULL, attempts int NOT NULL DEFAULT 1,
        since timestamptz NOT NULL DEFAULT platform.now(), PRIMARY KEY (consumer, message_id))', service);
    -- Internal messages wait in the outbox, messages for somebody outside in deliveries (decision D5).
    EXECUTE format('CREATE TABLE %I.outbox (
        seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id uuid NOT NULL, lane text NOT NULL,
        routing_key text NOT NULL, type text NOT NULL, body text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(), due_at timestamptz NOT NULL,
        attempts int NOT NULL DEFAULT 0)', service);
    EXECUTE format('CREATE TABLE %I.deliveries (LIKE %I.outbox INCLUDING ALL)', service, service);
    -- What the broker can never take, out of the way of its lane until a person has seen to it.
    EXECUTE format('CREATE TABLE %I.set_aside (
        origin text NOT NULL, seq bigint NOT NULL, id uuid NOT NULL, lane text NOT NULL,
        routing_key text NOT NULL, type text NOT NULL, body text NOT NULL,
        created_at timestamptz NOT NULL, set_aside_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (origin, seq))', service);
    EXECUTE format('CREATE INDEX ON %I.outbox (lane, seq)', service);
    EXECUTE format('CREATE INDEX ON %I.deliveries (lane, seq)', service);
    EXECUTE format('CREATE INDEX ON %I.outbox (due_at)', service);
    EXECUTE format('CREATE INDEX ON %I.deliveries (due_at)', service);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE
                    ON %1$I.inbox, %1$I.suspects, %1$I.outbox, %1$I.deliveries, %1$I.set_aside TO %2$I',
                   service, 'dimona_' || service);
END $$;

GRANT USAGE ON SCHEMA platform TO PUBLIC;

-- migrate:down
DROP SCHEMA platform CASCADE;
