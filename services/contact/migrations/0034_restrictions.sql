-- migrate:up
-- The processing of a period is restricted while a reported error in it is examined (GDPR article 18; ADR 36).
ALTER TABLE contact.reports
    ADD restriction_asked boolean NOT NULL DEFAULT false CHECK (NOT restriction_asked OR period_id IS NOT NULL),
    ADD restricted_at timestamptz CHECK (restricted_at IS NULL OR period_id IS NOT NULL),
    ADD released_at timestamptz CHECK (released_at IS NULL OR restricted_at IS NOT NULL);
COMMENT ON COLUMN contact.reports.restriction_asked IS 'Whether the person asked that the employer cannot change the period.';
COMMENT ON COLUMN contact.reports.restricted_at IS 'When an agent restricted the period, the last time.';
COMMENT ON COLUMN contact.reports.released_at IS 'When that restriction ended; null while it lasts.';
CREATE INDEX reports_restricting ON contact.reports (period_id) WHERE restricted_at IS NOT NULL AND released_at IS NULL;
GRANT UPDATE (restricted_at, released_at) ON contact.reports TO dimona_contact;

-- migrate:down
DROP INDEX contact.reports_restricting;
ALTER TABLE contact.reports DROP released_at, DROP restricted_at, DROP restriction_asked;
