-- migrate:up

CREATE TABLE personnel_file.account_days (
    account text NOT NULL,
    day date NOT NULL,
    periods int NOT NULL CHECK (periods >= 0),
    PRIMARY KEY (account, day)
) WITH (fillfactor = 80);
COMMENT ON TABLE personnel_file.account_days IS
    'The occasional work that the quota of an enterprise counts, by day, so that settling reads at most one row per day.';
COMMENT ON COLUMN personnel_file.account_days.account IS 'The enterprise: a `quota_account` of `periods`.';
COMMENT ON COLUMN personnel_file.account_days.periods IS
    'Periods with work on this day that are not canceled. Work past midnight counts on its first day only.';

INSERT INTO personnel_file.account_days (account, day, periods)
SELECT p.quota_account, p.start_date + n, count(*)
FROM personnel_file.periods p
CROSS JOIN LATERAL generate_series(0, CASE
    WHEN p.end_hour IS NOT NULL AND p.end_date = p.start_date + 1 THEN 0
    ELSE coalesce(p.end_date, p.start_date) - p.start_date END) AS n
WHERE p.quota_account IS NOT NULL AND NOT p.canceled
GROUP BY 1, 2;

-- Only adding up the days of an enterprise used it.
DROP INDEX personnel_file.periods_quota_account_start_date_idx;

GRANT SELECT, INSERT, UPDATE ON personnel_file.account_days TO dimona_personnel_file;

-- migrate:down
CREATE INDEX ON personnel_file.periods (quota_account, start_date) WHERE quota_account IS NOT NULL AND NOT canceled;
DROP TABLE personnel_file.account_days;
