-- migrate:up
-- What was given out before a restore of the database to an earlier instant (ADR 38).
ALTER TABLE personnel_file.epoch
    ADD previous text, ADD head_xid xid8, ADD head_id bigint, ADD restored_at timestamptz,
    ADD least_version int NOT NULL DEFAULT 0;
COMMENT ON COLUMN personnel_file.epoch.previous IS
    'The epoch before the last restore; its cursors up to the head of that instant stay valid.';
COMMENT ON COLUMN personnel_file.epoch.head_xid IS
    'With head_id: the place of the last event at the instant to which the database was restored. Null: no cursor of before is valid.';
COMMENT ON COLUMN personnel_file.epoch.restored_at IS 'When the last restore was finished; null without one.';
COMMENT ON COLUMN personnel_file.epoch.least_version IS
    'Declarations received after the last restore give relations a higher version; the lost time had lower ones.';

-- migrate:down
ALTER TABLE personnel_file.epoch DROP COLUMN previous, DROP COLUMN head_xid, DROP COLUMN head_id,
    DROP COLUMN restored_at, DROP COLUMN least_version;
