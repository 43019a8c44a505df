-- migrate:up
-- A person may ask that the employer cannot change a period while a reported error in it is examined (GDPR article 18).
ALTER TABLE contact.reports
    ADD restriction_asked boolean NOT NULL DEFAULT false CHECK (NOT restriction_asked OR period_id IS NOT NULL);
COMMENT ON COLUMN contact.reports.restriction_asked IS
    'Whether the person asked to restrict the period; an agent then locks it, which the personnel file stores.';

-- migrate:down
ALTER TABLE contact.reports DROP restriction_asked;
