-- migrate:up
ALTER TABLE feed.positions ADD heartbeat_at timestamptz;
COMMENT ON COLUMN feed.positions.heartbeat_at IS
    'When the institution was last told by queue that it has all its events (ADR 34); null: never.';

-- migrate:down
ALTER TABLE feed.positions DROP COLUMN heartbeat_at;
