-- migrate:up

ALTER TABLE personnel_file.periods
    ADD counted boolean NOT NULL DEFAULT false,
    ADD quota_account text;
COMMENT ON COLUMN personnel_file.periods.counted IS
    'Whether a quota counts it; said by the rules when it is saved. A new quota on a type comes with an update of this.';
COMMENT ON COLUMN personnel_file.periods.quota_account IS
    'The enterprise whose own quota it spends: the employer, or the user of an agency worker.';

-- What a worker has taken at all employers together, and an enterprise with all its workers.
CREATE INDEX ON personnel_file.periods (ssin, start_date) WHERE counted AND NOT canceled;
CREATE INDEX ON personnel_file.periods (quota_account, start_date) WHERE quota_account IS NOT NULL AND NOT canceled;

-- migrate:down
ALTER TABLE personnel_file.periods DROP COLUMN counted, DROP COLUMN quota_account;
