-- migrate:up

CREATE TABLE intake.open (
    number bigint PRIMARY KEY,
    received_at timestamptz NOT NULL,
    order_key text NOT NULL,
    provisional boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE intake.open IS
    'Declarations without a final result: counting what is unaccounted must not read all that ever came.';
COMMENT ON COLUMN intake.open.provisional IS 'Whether an S was given: it waits for an identification.';
CREATE INDEX ON intake.open (order_key) WHERE provisional;

INSERT INTO intake.open (number, received_at, order_key, provisional)
SELECT d.number, d.received_at, d.order_key,
       EXISTS (SELECT FROM intake.results s WHERE s.number = d.number AND NOT s.final)
FROM intake.declarations d
WHERE d.order_key IS NOT NULL
  AND NOT EXISTS (SELECT FROM intake.results r WHERE r.number = d.number AND r.final);

ALTER TABLE intake.heartbeat ADD caught_up_at timestamptz;
COMMENT ON COLUMN intake.heartbeat.caught_up_at IS
    'Nothing that waited because of us was left then: no outage before this instant counts any more (D9).';

GRANT SELECT, INSERT, UPDATE, DELETE ON intake.open TO dimona_intake;

-- migrate:down
ALTER TABLE intake.heartbeat DROP caught_up_at;
DROP TABLE intake.open;
